import { query, type Store } from '@headgate/db';
import type { Clock } from '../context.ts';
import { isAborted, restorableSince } from '../time.ts';

const BATCH_SIZE = 500;

/** How many of each were removed. */
export interface Purged {
  readonly databases: number;
  readonly projects: number;
  readonly idempotencyRecords: number;
}

interface Purge {
  readonly store: Store;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Removes for good what can no longer be restored, with its secrets, and idempotency records that have expired. Works
 * in small batches beside the traffic; several instances may do it at once.
 */
export async function purgeExpired({ store, clock, signal }: Purge): Promise<Purged> {
  const before = restorableSince(clock);
  const drain = async (deleteBatch: () => Promise<readonly unknown[]>): Promise<number> => {
    let count = 0;
    while (!isAborted(signal)) {
      const { length } = await deleteBatch();
      count += length;
      if (length < BATCH_SIZE) break;
    }
    return count;
  };
  const databases = await drain(async () => await store.maintain(deleteDatabases(before)));
  const projects = await drain(async () => await store.maintain(deleteProjects(before)));
  const idempotencyRecords = await drain(async () => await store.maintain(deleteRecords(clock.now())));
  return { databases, projects, idempotencyRecords };
}

/** The age is asked again outside the batch: that alone is held against a row that was restored while it was waited for. */
function deleteDatabases(before: Date) {
  const batch = query
    .selectFrom('databases')
    .select('id')
    .where('deleted_at', '<=', before)
    .limit(BATCH_SIZE);
  return query
    .deleteFrom('databases')
    .where('id', 'in', batch)
    .where('deleted_at', '<=', before)
    .returning('id');
}

/** A project goes after its databases: one that was restored on its own would otherwise lose its project. */
function deleteProjects(before: Date) {
  const batch = query
    .selectFrom('projects')
    .select('id')
    .where('deleted_at', '<=', before)
    .where((eb) => {
      const inIt = eb
        .selectFrom('databases')
        .select('databases.id')
        .whereRef('databases.project_id', '=', 'projects.id');
      return eb.not(eb.exists(inIt));
    })
    .limit(BATCH_SIZE);
  return query
    .deleteFrom('projects')
    .where('id', 'in', batch)
    .where('deleted_at', '<=', before)
    .returning('id');
}

function deleteRecords(now: Date) {
  const batch = query
    .selectFrom('idempotency_records')
    .select(['actor_id', 'key'])
    .where('expires_at', '<=', now)
    .limit(BATCH_SIZE);
  return query
    .deleteFrom('idempotency_records')
    .where((eb) => eb(eb.refTuple('actor_id', 'key'), 'in', batch.$asTuple('actor_id', 'key')))
    .returning('key');
}
