import { createRoute } from '@hono/zod-openapi';
import { ProjectPath } from '../parameters.ts';
import { CreateDatabase, Database } from '../resources/database.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const createDatabase = createRoute({
  operationId: 'createDatabase',
  method: 'post',
  path: '/v1/projects/{project_id}/databases',
  tags: ['Databases'],
  summary: 'Register a database',
  description:
    'Registers an upstream PostgreSQL database and answers the connection string to use in its place.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: ProjectPath, body: jsonBody(CreateDatabase) },
  responses: {
    201: json(Database, 'The database.', 'ETag', 'Location', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413, 415),
  },
});
