import { createRoute, z } from '@hono/zod-openapi';
import { DatabasePath, flag } from '../parameters.ts';
import { RevealedDatabase } from '../resources/database.ts';
import { SECURED, empty, errors, headerParameters, json } from '../responses.ts';

export const getDatabase = createRoute({
  operationId: 'getDatabase',
  method: 'get',
  path: '/v1/projects/{project_id}/databases/{database_id}',
  tags: ['Databases'],
  summary: 'Get a database',
  description:
    'One database with its settings, without its password unless it is asked for. Showing it needs a role or a key that holds `secrets:read`, and leaves an audit entry each time.',
  security: SECURED,
  parameters: headerParameters('IfNoneMatch'),
  request: {
    params: DatabasePath,
    query: z.strictObject({
      show_sensitive: flag('Whether the password is shown; such an answer is never a 304.'),
    }),
  },
  responses: {
    200: json(RevealedDatabase, 'The database.', 'ETag'),
    304: empty('You hold the present version.', 'ETag'),
    ...errors(400, 401, 403, 404),
  },
});
