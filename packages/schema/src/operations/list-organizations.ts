import { createRoute } from '@hono/zod-openapi';
import { OrganizationList } from '../resources/organization.ts';
import { SECURED, errors, json } from '../responses.ts';

export const listOrganizations = createRoute({
  operationId: 'listOrganizations',
  method: 'get',
  path: '/v1/organizations',
  tags: ['Organizations'],
  summary: 'List your organizations',
  description: 'Those of your token, with your role in each; for an API key the one that it is for.',
  security: SECURED,
  responses: { 200: json(OrganizationList, 'The organizations.'), ...errors(401) },
});
