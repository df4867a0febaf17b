import { createRoute } from '@hono/zod-openapi';
import { OrganizationPath } from '../parameters.ts';
import { CreateApiKey, CreatedApiKey } from '../resources/api-key.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const createApiKey = createRoute({
  operationId: 'createApiKey',
  method: 'post',
  path: '/v1/organizations/{org_id}/api-keys',
  tags: ['API keys'],
  summary: 'Create an API key',
  description:
    'Makes a key for a program, of the organization or of one project, and shows it once. It acts with the present role of whoever creates it, within its scopes, which cannot be wider than the own ones.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: OrganizationPath, body: jsonBody(CreateApiKey) },
  responses: {
    201: json(CreatedApiKey, 'The key, shown this once.', 'ETag', 'Location', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413, 415),
  },
});
