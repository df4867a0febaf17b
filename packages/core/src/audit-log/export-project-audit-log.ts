import type { AuditExportFormat, AuditFilters } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { chainBeforeReading } from './chain-audit-log.ts';
import { filtersOf } from './filters.ts';
import { lookupLoggedProject } from './lookup-logged-project.ts';
import { readEntries, type AuditExport } from './read-entries.ts';

type ExportProjectAuditLog = Omit<AuditFilters, 'project_id'> & {
  readonly projectId: string;
  readonly format: AuditExportFormat;
};

/** The whole log of a project, as a snapshot. That somebody took it is an entry itself, written before the first is read. */
export async function exportProjectAuditLog({
  ctx,
  input,
}: Verb<ExportProjectAuditLog>): Promise<AuditExport> {
  const action = 'projectAuditLog.export';
  const filters = filtersOf(input);
  const project = await lookupLoggedProject(ctx, input.projectId, action);
  const { id, org_id: orgId } = project;
  await mutate(ctx, action, async () => ({
    on: project,
    writes: [],
    audit: [
      {
        ...{ action, orgId, projectId: id },
        resource: { kind: 'project', id },
        after: { format: input.format, ...filters },
      },
    ],
    answer: { view: {} },
  }));
  // Read behind the entry of the export itself, which is so the last one in it.
  const startedAt = ctx.clock.now();
  await chainBeforeReading(ctx, orgId);
  return {
    startedAt,
    batches: readEntries(ctx, { org_id: orgId, projectId: id }, filters, startedAt),
  };
}
