import { query } from '@headgate/db';
import type { ReplicationSlot, UpdateReplicationSlot } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import { changes } from '../audit.ts';
import type { Verb } from '../context.ts';
import { invalidInput } from '../errors.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { later } from '../time.ts';
import { lookupReplicationSlot, type ReplicationSlotPath } from './lookup-replication-slot.ts';
import { replicationSlotEtag, replicationSlotResource, replicationSlotView } from './row.ts';

interface Update extends ReplicationSlotPath {
  readonly changes: UpdateReplicationSlot;
  readonly ifMatch?: IfMatch | undefined;
}

/**
 * Says whether a slot is to be read. The upstream is not touched. A request that changes nothing leaves no trace.
 *
 * @throws HeadgateError INVALID_INPUT for another slot, publication or primary than those that were verified
 */
export async function updateReplicationSlot({ ctx, input }: Verb<Update>): Promise<Answer<ReplicationSlot>> {
  const { changes: given, ifMatch, ...path } = input;
  const action = 'replicationSlot.update';
  return await mutate(ctx, action, async (tx) => {
    const slot = await lookupReplicationSlot(ctx, tx, { ...path, action, to: 'change' });
    checkIfMatch(ifMatch, replicationSlotEtag(slot));
    const view = replicationSlotView(slot);
    checkUnchanged(view, given);
    const status = given.status || slot.status;
    if (status === slot.status)
      return { on: slot, writes: [], audit: [], answer: { view, etag: replicationSlotEtag(slot) } };
    const written = {
      status,
      version: slot.version + 1,
      updated_at: later(ctx.clock.now(), slot.updated_at),
    };
    const row = { ...slot, ...written };
    const { id, org_id: orgId, project_id: projectId } = slot;
    const difference = changes(view, replicationSlotView(row));
    return {
      on: slot,
      writes: [query.updateTable('replication_slots').set(written).where('id', '=', id)],
      audit: [{ action, orgId, projectId, resource: replicationSlotResource(slot), ...difference }],
      answer: { view: replicationSlotView(row), etag: replicationSlotEtag(row) },
    };
  });
}

/** What is sent back as it was read is no change, and blank text is nothing. */
function checkUnchanged(view: ReplicationSlot, given: UpdateReplicationSlot): void {
  const { primary = {} } = given;
  const names = (['slot_name', 'publication_name'] as const).filter(
    (name) => (given[name] || view[name]) !== view[name],
  );
  const stored: Readonly<Record<string, unknown>> = view.primary ?? {};
  const isOther = Object.entries(primary).some(([name, value]) => value !== stored[name]);
  const [first, ...others] = [...names, ...(isOther ? ['primary'] : [])].map((field) => ({
    field,
    message: 'cannot be changed: register another slot, or delete this one and register it again',
  }));
  if (first !== undefined) throw invalidInput([first, ...others]);
}
