import { createRoute } from '@hono/zod-openapi';
import { DatabasePath } from '../parameters.ts';
import { Database } from '../resources/database.ts';
import { SECURED, empty, errors, headerParameters, json } from '../responses.ts';

export const getDatabase = createRoute({
  operationId: 'getDatabase',
  method: 'get',
  path: '/v1/projects/{project_id}/databases/{database_id}',
  tags: ['Databases'],
  summary: 'Get a database',
  description: 'One database with its settings, without its password.',
  security: SECURED,
  parameters: headerParameters('IfNoneMatch'),
  request: { params: DatabasePath },
  responses: {
    200: json(Database, 'The database.', 'ETag'),
    304: empty('You hold the present version.', 'ETag'),
    ...errors(400, 401, 403, 404),
  },
});
