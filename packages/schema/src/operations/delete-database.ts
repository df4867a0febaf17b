import { createRoute } from '@hono/zod-openapi';
import { DatabasePath } from '../parameters.ts';
import { SECURED, empty, errors, headerParameters } from '../responses.ts';

export const deleteDatabase = createRoute({
  operationId: 'deleteDatabase',
  method: 'delete',
  path: '/v1/projects/{project_id}/databases/{database_id}',
  tags: ['Databases'],
  summary: 'Delete a database',
  description:
    'Only its registration: the upstream is not touched. It can be restored for 30 days, then it is purged with its secrets.',
  security: SECURED,
  parameters: headerParameters('IfMatch'),
  request: { params: DatabasePath },
  responses: { 204: empty('It is deleted.'), ...errors(400, 401, 403, 404, 412) },
});
