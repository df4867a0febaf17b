import { createRoute } from '@hono/zod-openapi';
import { OrganizationPath } from '../parameters.ts';
import {
  AUDIT_EXPORT_DESCRIPTION,
  OrganizationAuditExportQuery,
  auditExport,
} from '../resources/audit-entry.ts';
import { SECURED, errors } from '../responses.ts';

export const exportOrganizationAuditLog = createRoute({
  operationId: 'exportOrganizationAuditLog',
  method: 'get',
  path: '/v1/organizations/{org_id}/audit-log/export',
  tags: ['Audit log'],
  summary: 'Export the audit log of an organization',
  description: AUDIT_EXPORT_DESCRIPTION,
  security: SECURED,
  request: { params: OrganizationPath, query: OrganizationAuditExportQuery },
  responses: { 200: auditExport, ...errors(400, 401, 403) },
});
