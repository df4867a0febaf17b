import { prepare, query, type TenantTransaction } from '@headgate/db';
import type { AuditEntry } from '../audit.ts';
import { reaches } from '../authorize.ts';
import type { Context } from '../context.ts';
import { later } from '../time.ts';
import { replicationSlotResource, replicationSlotView, selectReplicationSlots } from './row.ts';
import { slotTaken, type SlotIdentity } from './slot-taken.ts';

const find = prepare((orgId: string, upstream: string, slotName: string) =>
  selectReplicationSlots
    .innerJoin('databases', 'databases.id', 'replication_slots.database_id')
    .where('replication_slots.org_id', '=', orgId)
    .where('replication_slots.upstream', '=', upstream)
    .where('replication_slots.slot_name', '=', slotName)
    .where('replication_slots.deleted_at', 'is', null)
    .where('databases.deleted_at', 'is not', null)
    .forNoKeyUpdate('replication_slots'),
);

/**
 * What makes room for a registration: one of a deleted database is as if deleted, and nobody can delete it. It does not
 * come back with its database. That of a project which the caller cannot reach is none of its business.
 *
 * @throws HeadgateError CONFLICT when it is of such a project
 */
export async function displaceRegistrations(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  slot: SlotIdentity,
) {
  const { org_id: orgId, upstream, slot_name: slotName } = slot;
  const rows = await run(find(orgId, upstream, slotName));
  const foreign = rows.find((row) => !reaches(ctx, row.project_id));
  if (foreign !== undefined) throw slotTaken(ctx, slot, foreign);
  const writes = rows.map((row) => {
    const deletedAt = later(ctx.clock.now(), row.updated_at);
    const written = { deleted_at: deletedAt, updated_at: deletedAt, version: row.version + 1 };
    return query.updateTable('replication_slots').set(written).where('id', '=', row.id);
  });
  const audit = rows.map((row): AuditEntry => ({
    ...{ action: 'replicationSlot.delete', orgId, projectId: row.project_id },
    resource: replicationSlotResource(row),
    before: replicationSlotView(row),
  }));
  return { writes, audit };
}
