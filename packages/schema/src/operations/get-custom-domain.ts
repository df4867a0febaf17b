import { createRoute } from '@hono/zod-openapi';
import { DomainPath } from '../parameters.ts';
import { CustomDomain } from '../resources/custom-domain.ts';
import { SECURED, empty, errors, headerParameters, json } from '../responses.ts';

export const getCustomDomain = createRoute({
  operationId: 'getCustomDomain',
  method: 'get',
  path: '/v1/projects/{project_id}/domains/{domain_id}',
  tags: ['Custom domains'],
  summary: 'Get a custom domain',
  description: 'One custom domain with the DNS records that it needs.',
  security: SECURED,
  parameters: headerParameters('IfNoneMatch'),
  request: { params: DomainPath },
  responses: {
    200: json(CustomDomain, 'The custom domain.', 'ETag'),
    304: empty('You hold the present version.', 'ETag'),
    ...errors(400, 401, 403, 404),
  },
});
