import { createRoute } from '@hono/zod-openapi';
import { PageQuery, ProjectPath } from '../parameters.ts';
import { CustomDomainList } from '../resources/custom-domain.ts';
import { SECURED, errors, json } from '../responses.ts';

export const listCustomDomains = createRoute({
  operationId: 'listCustomDomains',
  method: 'get',
  path: '/v1/projects/{project_id}/domains',
  tags: ['Custom domains'],
  summary: 'List the custom domains of a project',
  description: 'Newest first. Deleted domains are not listed.',
  security: SECURED,
  request: { params: ProjectPath, query: PageQuery },
  responses: { 200: json(CustomDomainList, 'A page of custom domains.'), ...errors(400, 401, 403, 404) },
});
