import { createRoute } from '@hono/zod-openapi';
import { DatabasePath, PageQuery } from '../parameters.ts';
import { CacheRuleList } from '../resources/cache-rule.ts';
import { SECURED, errors, json } from '../responses.ts';

export const listCacheRules = createRoute({
  operationId: 'listCacheRules',
  method: 'get',
  path: '/v1/projects/{project_id}/databases/{database_id}/cache-rules',
  tags: ['Cache rules'],
  summary: 'List the cache rules of a database',
  description: 'Newest first, each with what was seen of its statement.',
  security: SECURED,
  request: { params: DatabasePath, query: PageQuery },
  responses: { 200: json(CacheRuleList, 'A page of cache rules.'), ...errors(400, 401, 403, 404) },
});
