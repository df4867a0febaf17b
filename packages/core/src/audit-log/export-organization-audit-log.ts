import type { AuditExportFormat, AuditFilters } from '@headgate/schema';
import { authorizeOrganization } from '../authorize.ts';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { chainBeforeReading } from './chain-audit-log.ts';
import { filtersOf } from './filters.ts';
import { readEntries, type AuditExport } from './read-entries.ts';

type ExportOrganizationAuditLog = AuditFilters & {
  readonly orgId: string;
  readonly format: AuditExportFormat;
};

/** The whole log of an organization, as a snapshot. That somebody took it is an entry itself. */
export async function exportOrganizationAuditLog({
  ctx,
  input,
}: Verb<ExportOrganizationAuditLog>): Promise<AuditExport> {
  const action = 'organizationAuditLog.export';
  const filters = filtersOf(input);
  const organization = authorizeOrganization(ctx, input.orgId, action);
  const { org_id: orgId } = organization;
  await mutate(ctx, action, async () => ({
    on: organization,
    writes: [],
    audit: [
      {
        ...{ action, orgId, projectId: null },
        resource: { kind: 'organization', id: orgId },
        after: { format: input.format, ...filters },
      },
    ],
    answer: { view: {} },
  }));
  // Read behind the entry of the export itself, which is so the last one in it.
  const startedAt = ctx.clock.now();
  await chainBeforeReading(ctx, orgId);
  return { startedAt, batches: readEntries(ctx, organization, filters, startedAt) };
}
