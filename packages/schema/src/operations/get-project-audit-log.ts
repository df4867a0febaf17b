import { createRoute } from '@hono/zod-openapi';
import { ProjectPath } from '../parameters.ts';
import { AuditLog, ProjectAuditLogQuery } from '../resources/audit-entry.ts';
import { SECURED, errors, json } from '../responses.ts';

export const getProjectAuditLog = createRoute({
  operationId: 'getProjectAuditLog',
  method: 'get',
  path: '/v1/projects/{project_id}/audit-log',
  tags: ['Audit log'],
  summary: 'Read the audit log of a project',
  description:
    'Newest first. A deleted project can be asked for as long as it can be restored, and its organization always.',
  security: SECURED,
  request: { params: ProjectPath, query: ProjectAuditLogQuery },
  responses: { 200: json(AuditLog, 'A page of entries.'), ...errors(400, 401, 403, 404) },
});
