import { createRoute } from '@hono/zod-openapi';
import { ProjectPath } from '../parameters.ts';
import { ConnectionCheck } from '../resources/connection-check.ts';
import { CreateDatabase } from '../resources/database.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const testDatabaseRegistration = createRoute({
  operationId: 'testDatabaseRegistration',
  method: 'post',
  path: '/v1/projects/{project_id}/databases/test-connection',
  tags: ['Databases'],
  summary: 'Test a database before it is registered',
  description: [
    'Takes what `createDatabase` takes, but for replication slots, and makes nothing: connects to the upstream, logs in and looks at it, and tells how each step went.',
    'It takes 15 s at most, and a project has a few at a time: one more is a 429. It ends when the caller goes away. Each leaves an audit entry.',
    'Send a new `Idempotency-Key` for each try: the same one gets the first answer again.',
  ].join('\n\n'),
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: ProjectPath, body: jsonBody(CreateDatabase) },
  responses: {
    200: json(ConnectionCheck, 'What came of it, also when it does not connect.', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413, 415),
  },
});
