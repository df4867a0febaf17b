import { createRoute } from '@hono/zod-openapi';
import { ProjectPath } from '../parameters.ts';
import { AUDIT_EXPORT_DESCRIPTION, ProjectAuditExportQuery, auditExport } from '../resources/audit-entry.ts';
import { SECURED, errors } from '../responses.ts';

export const exportProjectAuditLog = createRoute({
  operationId: 'exportProjectAuditLog',
  method: 'get',
  path: '/v1/projects/{project_id}/audit-log/export',
  tags: ['Audit log'],
  summary: 'Export the audit log of a project',
  description: AUDIT_EXPORT_DESCRIPTION,
  security: SECURED,
  request: { params: ProjectPath, query: ProjectAuditExportQuery },
  responses: { 200: auditExport, ...errors(400, 401, 403, 404) },
});
