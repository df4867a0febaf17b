import { createRoute } from '@hono/zod-openapi';
import { DatabasePath, VerifyQuery } from '../parameters.ts';
import { Database, UpdateDatabase } from '../resources/database.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const updateDatabase = createRoute({
  operationId: 'updateDatabase',
  method: 'patch',
  path: '/v1/projects/{project_id}/databases/{database_id}',
  tags: ['Databases'],
  summary: 'Change a database',
  description: [
    'What is left out stays as it is, inside cache_config and pool_config too. A primary that is not configured yet is completed with `url`, or with host, port, name, username and password together.',
    'The stored password is not sent to another host or port, or over weaker TLS, than it was stored for: give it again with such a change, unless you hold `secrets:read`.',
  ].join('\n\n'),
  security: SECURED,
  parameters: headerParameters('IdempotencyKey', 'IfMatch'),
  request: { params: DatabasePath, query: VerifyQuery, body: jsonBody(UpdateDatabase) },
  responses: {
    200: json(Database, 'The database as it is now.', 'ETag', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 412, 413, 415, 422),
  },
});
