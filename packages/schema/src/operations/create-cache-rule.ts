import { createRoute } from '@hono/zod-openapi';
import { MAX_CACHE_RULES_PER_DATABASE } from '../limits.ts';
import { DatabasePath } from '../parameters.ts';
import { CacheRuleAnswer, CreateCacheRule } from '../resources/cache-rule.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const createCacheRule = createRoute({
  operationId: 'createCacheRule',
  method: 'post',
  path: '/v1/projects/{project_id}/databases/{database_id}/cache-rules',
  tags: ['Cache rules'],
  summary: 'Make a cache rule for a statement',
  description: `Before any traffic has been seen. Every spelling of a statement is one rule: case, white space, comments, literals and the names given to columns of the answer do not count. A statement that has a rule already is a 409 that names its hash, and so is a database that is not configured yet. A database has at most ${MAX_CACHE_RULES_PER_DATABASE} rules.`,
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: DatabasePath, body: jsonBody(CreateCacheRule) },
  responses: {
    201: json(CacheRuleAnswer, 'The rule.', 'ETag', 'Location', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413, 415),
  },
});
