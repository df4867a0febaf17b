import type { Context } from '../context.ts';
import { toHeadgateError } from '../errors.ts';
import { reader } from '../reader.ts';
import { alsoLeftBehind } from './check-view.ts';
import { undoPrepared, type PreparedRegistration } from './prepare-slots.ts';
import { orSlotTaken, registrationsOf, type SlotIdentity } from './slot-taken.ts';

/**
 * Undoes what was made on upstreams when the registration does not come about. What another request has registered
 * meanwhile is in use, and stays; and when it cannot be learned whether something is registered, since the transaction
 * may have been carried out although it failed for us, nothing is dropped and the error tells what is there.
 *
 * @throws HeadgateError CONFLICT when one of the slots is registered already; whatever the registration throws
 */
export async function orUndo<T>(
  ctx: Context,
  slots: readonly PreparedRegistration[],
  registration: Promise<T>,
): Promise<T> {
  const identities = slots.map(({ identity }) => identity);
  return await orSlotTaken(ctx, identities, registration).catch(async (error: unknown) => {
    const left = await undoUnregistered(ctx, slots.filter(isMade));
    throw left.length === 0 ? error : alsoLeftBehind(toHeadgateError(error), left);
  });
}

/** One of a deleted database is as if deleted: it does not keep what was made just now for nobody. */
const registrationsInUse = (slot: SlotIdentity) =>
  registrationsOf(slot)
    .innerJoin('databases', 'databases.id', 'replication_slots.database_id')
    .where('databases.deleted_at', 'is', null)
    .select('replication_slots.id');

function isMade({ prepared: { made } }: PreparedRegistration): boolean {
  return made.slot || made.publication;
}

async function undoUnregistered(ctx: Context, slots: readonly PreparedRegistration[]): Promise<string[]> {
  const unregistered: PreparedRegistration[] = [];
  try {
    for (const slot of slots) {
      const [found] = await reader(ctx).run(registrationsInUse(slot.identity));
      if (found === undefined) unregistered.push(slot);
    }
  } catch {
    return slots.flatMap(({ prepared: { made }, request }) => [
      ...(made.slot ? [`the replication slot ${request.slot}`] : []),
      ...(made.publication ? [`the publication ${request.publication}`] : []),
    ]);
  }
  return await undoPrepared(ctx, unregistered);
}
