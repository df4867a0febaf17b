import { setTimeout as sleep } from 'node:timers/promises';
import { ServerError, type Connection } from '../connection.ts';
import { Refusal } from './refusal.ts';

const UNDEFINED_OBJECT = '42704';
const OBJECT_IN_USE = '55006';
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Drops a slot, with all that was kept for its reader. Answers whether it was there.
 *
 * @throws Refusal when something reads it, or the role may not drop it; UpstreamError when the connection does not hold
 */
export async function dropSlot(connection: Connection, slot: string): Promise<boolean> {
  try {
    await connection.query('select pg_catalog.pg_drop_replication_slot($1)', [slot]);
    return true;
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    if (error.sqlState === UNDEFINED_OBJECT) return false;
    if (error.sqlState === OBJECT_IN_USE)
      throw new Refusal({
        ...{ check: 'slot', code: 'slot_active', message: `The slot ${slot} is in use.`, cause: error },
      });
    const code = error.sqlState === INSUFFICIENT_PRIVILEGE ? 'not_replication_role' : 'slot_refused';
    const message = `The slot ${slot} cannot be dropped: ${error.message}`;
    throw new Refusal({ check: 'slot', code, message, cause: error });
  }
}

const TRIES = 10;
const RETRY_MS = 200;

/**
 * The same for a slot that was made just now, whose maker may have been cut off and is still about to let it go: it is
 * tried again for 2 s, or until the signal is aborted.
 */
export async function dropNewSlot(connection: Connection, slot: string, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await dropSlot(connection, slot);
      return;
    } catch (error) {
      const isHeld = error instanceof Refusal && error.code === 'slot_active';
      if (!isHeld || tries === TRIES) throw error;
      await sleep(RETRY_MS, undefined, { signal });
    }
  }
}
