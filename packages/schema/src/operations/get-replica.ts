import { createRoute } from '@hono/zod-openapi';
import { ReplicaPath } from '../parameters.ts';
import { Replica } from '../resources/replica.ts';
import { SECURED, empty, errors, headerParameters, json } from '../responses.ts';

export const getReplica = createRoute({
  operationId: 'getReplica',
  method: 'get',
  path: '/v1/databases/{database_id}/replicas/{replica_id}',
  tags: ['Replicas'],
  summary: 'Get a replica',
  description: 'One read replica of a database.',
  security: SECURED,
  parameters: headerParameters('IfNoneMatch'),
  request: { params: ReplicaPath },
  responses: {
    200: json(Replica, 'The replica.', 'ETag'),
    304: empty('You hold the present version.', 'ETag'),
    ...errors(400, 401, 403, 404),
  },
});
