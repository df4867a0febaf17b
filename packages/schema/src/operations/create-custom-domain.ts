import { createRoute } from '@hono/zod-openapi';
import { ProjectPath } from '../parameters.ts';
import { CreateCustomDomain, CustomDomain } from '../resources/custom-domain.ts';
import { SECURED, errors, headerParameters, json, jsonBody } from '../responses.ts';

export const createCustomDomain = createRoute({
  operationId: 'createCustomDomain',
  method: 'post',
  path: '/v1/projects/{project_id}/domains',
  tags: ['Custom domains'],
  summary: 'Add a custom domain',
  description:
    'Claims a name for the project and answers the DNS records to set. It is in use once it is verified; a claim that ' +
    'is not verified keeps nobody else from the name.',
  security: SECURED,
  parameters: headerParameters('IdempotencyKey'),
  request: { params: ProjectPath, body: jsonBody(CreateCustomDomain) },
  responses: {
    201: json(CustomDomain, 'The custom domain.', 'ETag', 'Location', 'IdempotencyReplayed'),
    ...errors(400, 401, 403, 404, 409, 413, 415),
  },
});
