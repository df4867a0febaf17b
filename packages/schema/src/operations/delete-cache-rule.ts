import { createRoute } from '@hono/zod-openapi';
import { CacheRulePath } from '../parameters.ts';
import { SECURED, empty, errors, headerParameters } from '../responses.ts';

export const deleteCacheRule = createRoute({
  operationId: 'deleteCacheRule',
  method: 'delete',
  path: '/v1/projects/{project_id}/databases/{database_id}/cache-rules/{query_hash}',
  tags: ['Cache rules'],
  summary: 'Delete a cache rule',
  description:
    'At once and for good, with what was seen of its statement. The same statement can have a new rule.',
  security: SECURED,
  parameters: headerParameters('IfMatch'),
  request: { params: CacheRulePath },
  responses: { 204: empty('It is deleted.'), ...errors(400, 401, 403, 404, 412) },
});
