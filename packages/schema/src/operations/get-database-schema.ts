import { createRoute } from '@hono/zod-openapi';
import { DatabasePath } from '../parameters.ts';
import { SchemaQuery } from '../resources/schema-diff.ts';
import { DatabaseSchema } from '../resources/schema-snapshot.ts';
import { SECURED, empty, errors, headerParameters, json } from '../responses.ts';

export const getDatabaseSchema = createRoute({
  operationId: 'getDatabaseSchema',
  method: 'get',
  path: '/v1/projects/{project_id}/databases/{database_id}/schema',
  tags: ['Schemas'],
  summary: 'Get a schema',
  description:
    'The last snapshot of the database that is of all schemas (of some where there is no other), or the one that is named, with all that it holds; types and relations by schema and name. Where none was taken yet the answer is a 404 that says so. A large one is sent while it is read: take it for whole only when the transfer ended as it should.',
  security: SECURED,
  parameters: headerParameters('IfNoneMatch'),
  request: { params: DatabasePath, query: SchemaQuery },
  responses: {
    200: json(DatabaseSchema, 'The snapshot.', 'ETag'),
    304: empty('You hold this snapshot.', 'ETag'),
    ...errors(400, 401, 403, 404),
  },
});
