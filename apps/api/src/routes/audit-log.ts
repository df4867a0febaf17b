import {
  exportOrganizationAuditLog,
  exportProjectAuditLog,
  getOrganizationAuditLog,
  getProjectAuditLog,
  verifyOrganizationAuditLog,
  type AuditExport,
} from '@headgate/core';
import type { AuditExportFormat } from '@headgate/schema';
import * as operations from '@headgate/schema/operations';
import type { Context } from 'hono';
import { toCsv, toNdjson } from '../http/audit-export.ts';
import { readContext } from '../http/context.ts';
import type { AppEnv } from '../http/env.ts';
import { handle } from '../http/handle.ts';
import { streamAnswer } from '../http/stream.ts';

const CONTENT_TYPES = { ndjson: 'application/x-ndjson', csv: 'text/csv; charset=utf-8' } as const;

interface Export {
  readonly of: string;
  readonly format: AuditExportFormat;
  readonly audit: AuditExport;
}

/** Sends an export as a file of its own name. */
function sendExport(c: Context<AppEnv>, { of, format, audit: { startedAt, batches } }: Export): never {
  const date = startedAt.toISOString().slice(0, 10);
  const answer = streamAnswer(c, {
    contentType: CONTENT_TYPES[format],
    filename: `audit-log-${of}-${date}.${format}`,
    chunks: format === 'csv' ? toCsv(batches) : toNdjson(batches),
  });
  // The framework has types for answers that are JSON and for those that are not, and none for a choice of files.
  return answer as never;
}

export const auditLogRoutes = [
  handle(operations.getOrganizationAuditLog, async (c) => {
    const input = { orgId: c.req.valid('param').org_id, ...c.req.valid('query') };
    return c.json(await getOrganizationAuditLog({ ctx: readContext(c), input }), 200);
  }),
  handle(operations.exportOrganizationAuditLog, async (c) => {
    const { org_id: of } = c.req.valid('param');
    const input = { orgId: of, ...c.req.valid('query') };
    const audit = await exportOrganizationAuditLog({ ctx: readContext(c), input });
    return sendExport(c, { of, format: input.format, audit });
  }),
  handle(operations.verifyOrganizationAuditLog, async (c) => {
    const input = { orgId: c.req.valid('param').org_id, ...c.req.valid('query') };
    return c.json(await verifyOrganizationAuditLog({ ctx: readContext(c), input }), 200);
  }),
  handle(operations.getProjectAuditLog, async (c) => {
    const input = { projectId: c.req.valid('param').project_id, ...c.req.valid('query') };
    return c.json(await getProjectAuditLog({ ctx: readContext(c), input }), 200);
  }),
  handle(operations.exportProjectAuditLog, async (c) => {
    const { project_id: of } = c.req.valid('param');
    const input = { projectId: of, ...c.req.valid('query') };
    const audit = await exportProjectAuditLog({ ctx: readContext(c), input });
    return sendExport(c, { of, format: input.format, audit });
  }),
] as const;
