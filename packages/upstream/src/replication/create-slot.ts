import { setTimeout as sleep } from 'node:timers/promises';
import type { FailureCode } from '../codes.ts';
import { ServerError, type Connection } from '../connection.ts';
import { inTransaction } from './in-transaction.ts';
import { Refusal } from './refusal.ts';

/** A slot waits for all transactions that were writing when it was begun. There is time left to clean up after it. */
const TIMEOUT_MS = 7000;
const POLL_MS = 250;

const DUPLICATE_OBJECT = '42710';
const REFUSALS: Readonly<Record<string, FailureCode>> = {
  // query_canceled, insufficient_privilege, configuration_limit_exceeded (PostgreSQL manual, appendix A)
  '57014': 'slot_creation_timeout',
  '42501': 'not_replication_role',
  '53400': 'slots_exhausted',
};

/**
 * Makes a slot that pgoutput reads. Answers whether it did: not when somebody else just has. A slot is no part of a
 * transaction: where the connection is lost meanwhile it may be there.
 *
 * @throws Refusal when the server says no; UpstreamError when the connection does not hold
 */
export async function createSlot(connection: Connection, slot: string): Promise<boolean> {
  const create = "select pg_catalog.pg_create_logical_replication_slot($1, 'pgoutput')";
  try {
    await inTransaction(connection, TIMEOUT_MS, async () => await connection.query(create, [slot]));
    return true;
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    if (error.sqlState === DUPLICATE_OBJECT) return false;
    const code = REFUSALS[error.sqlState] ?? 'slot_refused';
    const reason =
      code === 'slot_creation_timeout'
        ? `It was not done after ${TIMEOUT_MS / 1000} seconds.`
        : error.message;
    const message = `The slot ${slot} cannot be made. ${reason}`;
    throw new Refusal({ check: 'slot', code, message, cause: error });
  }
}

interface StandbySlot {
  readonly standby: Connection;
  readonly primary: Connection;
  readonly slot: string;
}

/**
 * The same on a standby. It learns from its primary which transactions run there, and only while the primary writes: so
 * the primary is asked to tell, again and again, since the slot has to wait for what it has begun (PostgreSQL manual,
 * section 47.2.2). Where the role may not ask, the primary tells by itself, sooner or later.
 */
export async function createSlotOnStandby({ standby, primary, slot }: StandbySlot): Promise<boolean> {
  const done = new AbortController();
  const telling = keepTelling(primary, done.signal);
  try {
    return await createSlot(standby, slot);
  } finally {
    done.abort();
    await telling;
  }
}

/** Ends when it is told to or when the primary refuses. Never fails: whether there is a slot at last decides. */
async function keepTelling(primary: Connection, done: AbortSignal): Promise<void> {
  try {
    while (!done.aborted) {
      await primary.query('select pg_catalog.pg_log_standby_snapshot()');
      await sleep(POLL_MS, undefined, { signal: done });
    }
  } catch {
    // It has refused, or it is done.
  }
}

/**
 * Waits until a standby has replayed a publication of its primary, so that a slot that is made then is newer.
 *
 * @throws Refusal when it takes too long
 */
export async function untilReplayed(standby: Connection, publication: string): Promise<void> {
  const until = performance.now() + TIMEOUT_MS;
  const find = 'select from pg_catalog.pg_publication where pubname = $1';
  while ((await standby.query(find, [publication])).length === 0) {
    if (performance.now() > until) {
      const message = `The standby has not replayed the publication ${publication} after ${TIMEOUT_MS / 1000} seconds.`;
      throw new Refusal({ check: 'publication', code: 'standby_lags', message });
    }
    await sleep(POLL_MS);
  }
}
