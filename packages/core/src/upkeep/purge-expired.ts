import { query, type Store } from '@headgate/db';
import type { Clock } from '../context.ts';
import { isAborted, restorableSince } from '../time.ts';

const BATCH_SIZE = 500;

/** How many of each were removed. */
export interface Purged {
  readonly databases: number;
  readonly replicas: number;
  readonly customDomains: number;
  readonly apiKeys: number;
  readonly projects: number;
  readonly idempotencyRecords: number;
}

interface Purge {
  readonly store: Store;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Removes for good what can no longer be restored, with its secrets, keys that were revoked or have expired as long ago,
 * and idempotency records that have expired. Works in small batches beside the traffic; several instances may do it at
 * once.
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
  const deleted = async (table: Parameters<typeof deleteDeleted>[0]) =>
    await drain(async () => await store.maintain(deleteDeleted(table, before)));
  const replicas = await deleted('replicas');
  const databases = await deleted('databases');
  const customDomains = await deleted('custom_domains');
  const apiKeys = await drain(async () => await store.maintain(deleteApiKeys(before)));
  const projects = await drain(async () => await store.maintain(deleteProjects(before)));
  const idempotencyRecords = await drain(async () => await store.maintain(deleteRecords(clock.now())));
  return { databases, replicas, customDomains, apiKeys, projects, idempotencyRecords };
}

/**
 * Those that were deleted on their own; what lies in them goes with them. The age is asked again outside the batch: that
 * alone is held against a row that was restored while it was waited for.
 */
function deleteDeleted(table: 'databases' | 'replicas' | 'custom_domains', before: Date) {
  const batch = query.selectFrom(table).select('id').where('deleted_at', '<=', before).limit(BATCH_SIZE);
  return query.deleteFrom(table).where('id', 'in', batch).where('deleted_at', '<=', before).returning('id');
}

/** Keys have no way back: that they were revoked, or have expired, is told for as long as the rest can be restored. */
function deleteApiKeys(before: Date) {
  const batch = query
    .selectFrom('api_keys')
    .select('id')
    .where((eb) => eb('revoked_at', '<=', before).or('expires_at', '<=', before))
    .limit(BATCH_SIZE);
  return query.deleteFrom('api_keys').where('id', 'in', batch).returning('id');
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
    .select(['actor_kind', 'actor_id', 'key'])
    .where('expires_at', '<=', now)
    .limit(BATCH_SIZE);
  return query
    .deleteFrom('idempotency_records')
    .where((eb) =>
      eb(eb.refTuple('actor_kind', 'actor_id', 'key'), 'in', batch.$asTuple('actor_kind', 'actor_id', 'key')),
    )
    .where('expires_at', '<=', now)
    .returning('key');
}
