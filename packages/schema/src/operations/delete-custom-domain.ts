import { createRoute } from '@hono/zod-openapi';
import { DomainPath } from '../parameters.ts';
import { SECURED, empty, errors, headerParameters } from '../responses.ts';

export const deleteCustomDomain = createRoute({
  operationId: 'deleteCustomDomain',
  method: 'delete',
  path: '/v1/projects/{project_id}/domains/{domain_id}',
  tags: ['Custom domains'],
  summary: 'Delete a custom domain',
  description:
    'The name is free for others at once. It can be restored for 30 days, and is then to be verified anew.',
  security: SECURED,
  parameters: headerParameters('IfMatch'),
  request: { params: DomainPath },
  responses: { 204: empty('It is deleted.'), ...errors(400, 401, 403, 404, 412) },
});
