import { createRoute } from '@hono/zod-openapi';
import { DatabasePath } from '../parameters.ts';
import { ConnectionCheck } from '../resources/connection-check.ts';
import { TestDatabaseConnection } from '../resources/database.ts';
import { SECURED, errors, headerParameters, json, optionalJsonBody } from '../responses.ts';

export const testDatabaseConnection = createRoute({
  operationId: 'testDatabaseConnection',
  method: 'post',
  path: '/v1/projects/{project_id}/databases/{database_id}/test-connection',
  tags: ['Databases'],
  summary: 'Test a database',
  description: [
    'Connects to the upstream, logs in and looks at it, and tells how each step went and what to do about what is wrong.',
    'With a body it tests a change before it is made: what is left out is taken from what is stored. The stored password is not sent to another host or port, or over weaker TLS, than it was stored for: give it again, unless you hold `secrets:read`.',
    'It takes 15 s at most, and a project has a few at a time: one more is a 429. It ends when the caller goes away. Each leaves an audit entry.',
    'Send a new `Idempotency-Key` for each try: the same one gets the first answer again.',
  ].join('\n\n'),
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: DatabasePath, body: optionalJsonBody(TestDatabaseConnection) },
  responses: {
    200: json(ConnectionCheck, 'What came of it, also when it does not connect.', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413, 415),
  },
});
