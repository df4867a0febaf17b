import { createRoute } from '@hono/zod-openapi';
import { DatabaseOnlyPath } from '../parameters.ts';
import { ConnectionCheck } from '../resources/connection-check.ts';
import { CreateReplica } from '../resources/replica.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const testReplicaRegistration = createRoute({
  operationId: 'testReplicaRegistration',
  method: 'post',
  path: '/v1/databases/{database_id}/replicas/test-connection',
  tags: ['Replicas'],
  summary: 'Test a replica before it is registered',
  description: [
    'Takes what `createReplica` takes and makes nothing: connects with the name, user and password of the database, and tells how each step went, whether the server follows the primary, and its lag.',
    'It takes 15 s at most, and a project has a few at a time: one more is a 429. It ends when the caller goes away. Each leaves an audit entry.',
    'Send a new `Idempotency-Key` for each try: the same one gets the first answer again.',
  ].join('\n\n'),
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: DatabaseOnlyPath, body: jsonBody(CreateReplica) },
  responses: {
    200: json(ConnectionCheck, 'What came of it, also when it does not connect.', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413, 415),
  },
});
