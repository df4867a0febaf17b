import { createRoute } from '@hono/zod-openapi';
import { ReplicaPath } from '../parameters.ts';
import { Replica } from '../resources/replica.ts';
import { SECURED, errors, headerParameters, json } from '../responses.ts';

export const restoreReplica = createRoute({
  operationId: 'restoreReplica',
  method: 'post',
  path: '/v1/databases/{database_id}/replicas/{replica_id}/restore',
  tags: ['Replicas'],
  summary: 'Restore a deleted replica',
  description:
    'Brings it back as it was, within 30 days. The replicas of a deleted database come back with the database.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: ReplicaPath },
  responses: {
    200: json(Replica, 'The replica as it is now.', 'ETag', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413),
  },
});
