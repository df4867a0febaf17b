import { createRoute } from '@hono/zod-openapi';
import { ReplicaPath, VerifyQuery } from '../parameters.ts';
import { Replica, UpdateReplica } from '../resources/replica.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const updateReplica = createRoute({
  operationId: 'updateReplica',
  method: 'patch',
  path: '/v1/databases/{database_id}/replicas/{replica_id}',
  tags: ['Replicas'],
  summary: 'Change a replica',
  description:
    'What is left out stays as it is. Another host or port, or weaker TLS, needs the password of the database again, unless you hold `secrets:read`.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey', 'IfMatch'),
  request: { params: ReplicaPath, query: VerifyQuery, body: jsonBody(UpdateReplica) },
  responses: {
    200: json(Replica, 'The replica as it is now.', 'ETag', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 412, 413, 415, 422),
  },
});
