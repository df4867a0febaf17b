import { createRoute } from '@hono/zod-openapi';
import { OrganizationPath } from '../parameters.ts';
import { AuditLog, OrganizationAuditLogQuery } from '../resources/audit-entry.ts';
import { SECURED, errors, json } from '../responses.ts';

export const getOrganizationAuditLog = createRoute({
  operationId: 'getOrganizationAuditLog',
  method: 'get',
  path: '/v1/organizations/{org_id}/audit-log',
  tags: ['Audit log'],
  summary: 'Read the audit log of an organization',
  description: 'Newest first, of all projects and of what belongs to none.',
  security: SECURED,
  request: { params: OrganizationPath, query: OrganizationAuditLogQuery },
  responses: { 200: json(AuditLog, 'A page of entries.'), ...errors(400, 401, 403) },
});
