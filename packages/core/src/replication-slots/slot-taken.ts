import { isTaken, query } from '@headgate/db';
import { reaches } from '../authorize.ts';
import type { Context } from '../context.ts';
import { conflict, type HeadgateError } from '../errors.ts';
import { reader } from '../reader.ts';
import type { ReplicationSlotRow } from './row.ts';

/** What makes a slot of an upstream the same as another. */
export type SlotIdentity = Pick<ReplicationSlotRow, 'org_id' | 'upstream' | 'slot_name'>;

/** The living registrations of a slot, of whatever database. */
export const registrationsOf = ({ org_id: orgId, upstream, slot_name: name }: SlotIdentity) =>
  query
    .selectFrom('replication_slots')
    .where('replication_slots.org_id', '=', orgId)
    .where('replication_slots.upstream', '=', upstream)
    .where('replication_slots.slot_name', '=', name)
    .where('replication_slots.deleted_at', 'is', null);

/**
 * Says that the slot of an upstream is registered already, and where, as far as the caller may know. Only the unique
 * index can tell, since the other row may be written at this moment.
 *
 * @throws HeadgateError CONFLICT
 */
export async function orSlotTaken<T>(
  ctx: Context,
  slots: readonly SlotIdentity[],
  registration: Promise<T>,
): Promise<T> {
  return await registration.catch(async (error: unknown) => {
    if (!isTaken(error, 'replication_slots_of_upstream')) throw error;
    for (const slot of slots) {
      const [found] = await reader(ctx).run(
        registrationsOf(slot).select(['id', 'project_id', 'database_id']),
      );
      if (found !== undefined) throw slotTaken(ctx, slot, found);
    }
    throw conflict('The slot is being registered by another request. Read the list again.');
  });
}

type Found = Pick<ReplicationSlotRow, 'id' | 'project_id' | 'database_id'>;

/** For the key of one project the ids of another do not exist. */
export function slotTaken(ctx: Context, { slot_name: name }: SlotIdentity, found: Found): HeadgateError {
  const where = !reaches(ctx, found.project_id)
    ? 'in another project'
    : `as ${found.id}, of the database ${found.database_id}`;
  return conflict(
    `The replication slot ${name} of this upstream is registered already, ${where}. Use that one, or delete it first.`,
  );
}
