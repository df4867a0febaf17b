import { createRoute } from '@hono/zod-openapi';
import { ReplicaPath } from '../parameters.ts';
import { SECURED, empty, errors, headerParameters } from '../responses.ts';

export const deleteReplica = createRoute({
  operationId: 'deleteReplica',
  method: 'delete',
  path: '/v1/databases/{database_id}/replicas/{replica_id}',
  tags: ['Replicas'],
  summary: 'Delete a replica',
  description:
    'Only its registration: the upstream is not touched. It can be restored for 30 days, then it is purged.',
  security: SECURED,
  parameters: headerParameters('IfMatch'),
  request: { params: ReplicaPath },
  responses: { 204: empty('It is deleted.'), ...errors(400, 401, 403, 404, 412) },
});
