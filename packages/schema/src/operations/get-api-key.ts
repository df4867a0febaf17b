import { createRoute } from '@hono/zod-openapi';
import { ApiKeyPath } from '../parameters.ts';
import { ApiKey } from '../resources/api-key.ts';
import { SECURED, empty, errors, headerParameters, json } from '../responses.ts';

export const getApiKey = createRoute({
  operationId: 'getApiKey',
  method: 'get',
  path: '/v1/organizations/{org_id}/api-keys/{key_id}',
  tags: ['API keys'],
  summary: 'Get an API key',
  description: 'One key, without the key itself. A revoked one can be seen for 30 days.',
  security: SECURED,
  parameters: headerParameters('IfNoneMatch'),
  request: { params: ApiKeyPath },
  responses: {
    200: json(ApiKey, 'The key.', 'ETag'),
    304: empty('You hold the present version.', 'ETag'),
    ...errors(400, 401, 403, 404),
  },
});
