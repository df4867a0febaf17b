import { query } from '@headgate/db';
import type { ReplicationSlot } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Verb } from '../context.ts';
import { conflict } from '../errors.ts';
import { mutate } from '../mutate.ts';
import { later } from '../time.ts';
import { displaceRegistrations } from './displace.ts';
import { checkSlotLimit } from './limit.ts';
import { lookupReplicationSlot, type ReplicationSlotPath } from './lookup-replication-slot.ts';
import { replicationSlotEtag, replicationSlotResource, replicationSlotView } from './row.ts';
import { orSlotTaken, type SlotIdentity } from './slot-taken.ts';

const ACTION = 'replicationSlot.restore';

/** Brings a deleted registration back as it was. The upstream is not asked: the slot may be gone there. */
export async function restoreReplicationSlot({
  ctx,
  input,
}: Verb<ReplicationSlotPath>): Promise<Answer<ReplicationSlot>> {
  const identities: SlotIdentity[] = [];
  const restoration = mutate(ctx, ACTION, async (tx) => {
    const slot = await lookupReplicationSlot(ctx, tx, { ...input, action: ACTION, to: 'restore' });
    if (slot.deleted_at === null) throw conflict('The replication slot is not deleted.');
    identities.push(slot);
    await checkSlotLimit(tx, slot.database_id);
    const displaced = await displaceRegistrations(ctx, tx, slot);
    const written = {
      deleted_at: null,
      version: slot.version + 1,
      updated_at: later(ctx.clock.now(), slot.updated_at),
    };
    const row = { ...slot, ...written };
    const view = replicationSlotView(row);
    const { id, org_id: orgId, project_id: projectId } = slot;
    return {
      on: slot,
      writes: [...displaced.writes, query.updateTable('replication_slots').set(written).where('id', '=', id)],
      audit: [
        ...displaced.audit,
        { action: ACTION, orgId, projectId, resource: replicationSlotResource(slot), after: view },
      ],
      answer: { view, etag: replicationSlotEtag(row) },
    };
  });
  return await orSlotTaken(ctx, identities, restoration);
}
