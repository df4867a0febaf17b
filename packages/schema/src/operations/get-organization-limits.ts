import { createRoute } from '@hono/zod-openapi';
import { OrganizationPath } from '../parameters.ts';
import { OrganizationLimits } from '../resources/organization-limits.ts';
import { SECURED, errors, json } from '../responses.ts';

export const getOrganizationLimits = createRoute({
  operationId: 'getOrganizationLimits',
  method: 'get',
  path: '/v1/organizations/{org_id}/limits',
  tags: ['Organizations'],
  summary: "Get an organization's limits",
  description:
    'For each limit what is used and what is allowed. What would go beyond one is refused with `LIMIT_EXCEEDED`, which names it. The operator of the service sets the limits.',
  security: SECURED,
  request: { params: OrganizationPath },
  responses: { 200: json(OrganizationLimits, 'The limits.'), ...errors(400, 401, 403) },
});
