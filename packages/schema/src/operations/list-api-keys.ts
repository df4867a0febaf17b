import { createRoute } from '@hono/zod-openapi';
import { OrganizationPath, PageQuery } from '../parameters.ts';
import { ApiKeyList } from '../resources/api-key.ts';
import { SECURED, errors, json } from '../responses.ts';

export const listApiKeys = createRoute({
  operationId: 'listApiKeys',
  method: 'get',
  path: '/v1/organizations/{org_id}/api-keys',
  tags: ['API keys'],
  summary: 'List the API keys of an organization',
  description:
    'Newest first. Owners and admins see all keys, others those of their own. Revoked keys are not listed.',
  security: SECURED,
  request: { params: OrganizationPath, query: PageQuery },
  responses: { 200: json(ApiKeyList, 'A page of keys.'), ...errors(400, 401, 403) },
});
