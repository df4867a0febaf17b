import { createRoute } from '@hono/zod-openapi';
import { CacheRulePath } from '../parameters.ts';
import { CacheRuleAnswer, UpdateCacheRule } from '../resources/cache-rule.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const updateCacheRule = createRoute({
  operationId: 'updateCacheRule',
  method: 'put',
  path: '/v1/projects/{project_id}/databases/{database_id}/cache-rules/{query_hash}',
  tags: ['Cache rules'],
  summary: 'Replace a cache rule',
  description: 'A TTL or stale-while-revalidate time that is left out becomes null.',
  security: SECURED,
  parameters: headerParameters('IfMatch'),
  request: { params: CacheRulePath, body: jsonBody(UpdateCacheRule) },
  responses: {
    200: json(CacheRuleAnswer, 'The rule as it is now.', 'ETag'),
    ...errors(400, 401, 403, 404, 409, 412, 413, 415),
  },
});
