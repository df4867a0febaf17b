import { createRoute } from '@hono/zod-openapi';
import { ApiKeyPath } from '../parameters.ts';
import { SECURED, empty, errors, headerParameters } from '../responses.ts';

export const revokeApiKey = createRoute({
  operationId: 'revokeApiKey',
  method: 'delete',
  path: '/v1/organizations/{org_id}/api-keys/{key_id}',
  tags: ['API keys'],
  summary: 'Revoke an API key',
  description:
    'From the next request on the key, and those that were made with it, are refused by every instance. This cannot be undone, and to revoke it again changes nothing. Owners and admins may revoke any key, others their own.',
  security: SECURED,
  parameters: headerParameters('IfMatch'),
  request: { params: ApiKeyPath },
  responses: { 204: empty('The key is revoked.'), ...errors(400, 401, 403, 404, 412) },
});
