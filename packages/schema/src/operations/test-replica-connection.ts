import { createRoute } from '@hono/zod-openapi';
import { ReplicaPath } from '../parameters.ts';
import { ConnectionCheck } from '../resources/connection-check.ts';
import { TestReplicaConnection } from '../resources/replica.ts';
import { SECURED, errors, headerParameters, json, optionalJsonBody } from '../responses.ts';

export const testReplicaConnection = createRoute({
  operationId: 'testReplicaConnection',
  method: 'post',
  path: '/v1/databases/{database_id}/replicas/{replica_id}/test-connection',
  tags: ['Replicas'],
  summary: 'Test a replica',
  description: [
    'Like `testDatabaseConnection`, with the name, user and password of the database. The server must be in recovery and follow the primary; its lag is told.',
    'With a body it tests a change before it is made. The stored password is not sent to another host or port, or over weaker TLS: give it, unless you hold `secrets:read`.',
    'It takes 15 s at most, and a project has a few at a time: one more is a 429. It ends when the caller goes away. Each leaves an audit entry.',
    'Send a new `Idempotency-Key` for each try: the same one gets the first answer again.',
  ].join('\n\n'),
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: ReplicaPath, body: optionalJsonBody(TestReplicaConnection) },
  responses: {
    200: json(ConnectionCheck, 'What came of it, also when it does not connect.', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413, 415),
  },
});
