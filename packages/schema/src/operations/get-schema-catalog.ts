import { createRoute } from '@hono/zod-openapi';
import { DatabasePath } from '../parameters.ts';
import { SchemaCatalog } from '../resources/schema-catalog.ts';
import { SECURED, errors, json } from '../responses.ts';

export const getSchemaCatalog = createRoute({
  operationId: 'getSchemaCatalog',
  method: 'get',
  path: '/v1/projects/{project_id}/databases/{database_id}/schema-catalog',
  tags: ['Schemas'],
  summary: 'Get the short form of a schema',
  description:
    "Relations and columns as the upstream has them now, without the database's `excluded_schemas`. Nothing is kept of it. When the upstream cannot be read, `error` says why.",
  security: SECURED,
  request: { params: DatabasePath },
  responses: {
    200: json(SchemaCatalog, 'What was found, also when it could not be read.'),
    ...errors(400, 401, 403, 404),
  },
});
