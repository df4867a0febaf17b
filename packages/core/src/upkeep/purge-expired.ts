import { query, type Store } from '@headgate/db';
import type { Clock } from '../context.ts';
import { restorableSince } from '../time.ts';

const BATCH_SIZE = 500;

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
    for (let size = BATCH_SIZE; size === BATCH_SIZE && signal?.aborted !== true; count += size) {
      size = (await deleteBatch()).length;
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
  return query
    .deleteFrom('databases')
    .where('deleted_at', '<=', before)
    .where('id', 'in', (eb) =>
      eb.selectFrom('databases').select('id').where('deleted_at', '<=', before).limit(BATCH_SIZE),
    )
    .returning('id');
}

/** A project goes after its databases: one that was restored on its own would otherwise lose its project. */
function deleteProjects(before: Date) {
  return query
    .deleteFrom('projects')
    .where('deleted_at', '<=', before)
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('projects')
        .select('id')
        .where('deleted_at', '<=', before)
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('databases').select('databases.id').whereRef('databases.project_id', '=', 'projects.id'))),
        )
        .limit(BATCH_SIZE),
    )
    .returning('id');
}

function deleteRecords(now: Date) {
  return query
    .deleteFrom('idempotency_records')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('actor_id', 'key'),
        'in',
        selectFrom('idempotency_records').select(['actor_id', 'key']).where('expires_at', '<=', now).limit(BATCH_SIZE).$asTuple('actor_id', 'key'),
      ),
    )
    .returning('key');
}
