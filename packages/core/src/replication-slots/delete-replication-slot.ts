import { query } from '@headgate/db';
import { dropRegisteredSlot } from '@headgate/upstream';
import type { Context, Verb } from '../context.ts';
import { conflict } from '../errors.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { later } from '../time.ts';
import { throwIfStopped } from '../upstream/places.ts';
import { useUpstream } from '../upstream/use-upstream.ts';
import { checksFailed } from './check-view.ts';
import { lookupLiveSlot } from './live-slot.ts';
import { lookupReplicationSlot, type ReplicationSlotPath } from './lookup-replication-slot.ts';
import { replicationSlotEtag, replicationSlotResource, replicationSlotView } from './row.ts';

const ACTION = 'replicationSlot.delete';

interface Delete extends ReplicationSlotPath {
  readonly ifMatch?: IfMatch | undefined;
  /** Whether the slot is dropped on the upstream too. Left out, the upstream is not touched. */
  readonly drop?: boolean | undefined;
}

/**
 * Deletes the registration of a slot, and drops the slot on its upstream where that is asked for: first, so that nothing
 * is deleted when it fails. Whoever repeats it finds the slot gone, and deletes the registration.
 *
 * @throws HeadgateError CONFLICT when something reads the slot; UPSTREAM_CHECK_FAILED when it cannot be dropped
 */
export async function deleteReplicationSlot({ ctx, input }: Verb<Delete>): Promise<void> {
  const { ifMatch, drop = false, ...path } = input;
  if (drop) await dropUpstream(ctx, input);
  await mutate(ctx, ACTION, async (tx) => {
    const slot = await lookupReplicationSlot(ctx, tx, { ...path, action: ACTION, to: 'change' });
    checkIfMatch(ifMatch, replicationSlotEtag(slot));
    const { id, org_id: orgId, project_id: projectId, version } = slot;
    const deletedAt = later(ctx.clock.now(), slot.updated_at);
    const written = { deleted_at: deletedAt, updated_at: deletedAt, version: version + 1 };
    return {
      on: slot,
      writes: [query.updateTable('replication_slots').set(written).where('id', '=', id)],
      audit: [
        {
          ...{ action: ACTION, orgId, projectId, resource: replicationSlotResource(slot) },
          before: replicationSlotView(slot),
          ...(drop && { after: { dropped: true } }),
        },
      ],
      answer: { view: undefined },
    };
  });
}

async function dropUpstream(ctx: Context, { ifMatch, drop: _drop, ...path }: Delete): Promise<void> {
  const { row, registered } = await lookupLiveSlot(ctx, { ...path, action: ACTION });
  checkIfMatch(ifMatch, replicationSlotEtag(row));
  const wrong = await useUpstream(ctx, row, async (signal) => {
    const found = await dropRegisteredSlot(ctx.upstream, registered, signal);
    if (found !== undefined) throwIfStopped(signal);
    return found;
  });
  if (wrong?.code === 'slot_active')
    throw conflict(
      `Something reads the replication slot ${row.slot_name} on the upstream. Stop it first, or delete the registration alone.`,
    );
  if (wrong !== undefined) throw checksFailed([wrong], []);
}
