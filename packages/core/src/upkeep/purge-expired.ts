import type { Store } from '@headgate/db';
import type { Clock } from '../context.ts';
import { isAborted, restorableSince } from '../time.ts';
import {
  BATCH_SIZE,
  deleteApiKeys,
  deleteCertificates,
  deleteDeleted,
  deleteProjects,
  deleteRecords,
  forgetPrevious,
  forgetStaged,
} from './expired.ts';

/** How many of each were removed. */
export interface Purged {
  readonly databases: number;
  readonly replicas: number;
  readonly replicationSlots: number;
  readonly certificates: number;
  /** Credentials of databases that are not in force: those before, whose grace time is over, and those left staged. */
  readonly previousCredentials: number;
  readonly stagedCredentials: number;
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
 * credentials that can no longer be put back, and idempotency records that have expired. Works in small batches beside the traffic; several instances may do it at
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
  const replicationSlots = await deleted('replication_slots');
  const databases = await deleted('databases');
  const certificates = await drain(async () => await store.maintain(deleteCertificates(before)));
  const now = clock.now();
  const previousCredentials = await drain(async () => await store.maintain(forgetPrevious(now)));
  const stagedCredentials = await drain(async () => await store.maintain(forgetStaged(now)));
  const customDomains = await deleted('custom_domains');
  const apiKeys = await drain(async () => await store.maintain(deleteApiKeys(before)));
  const projects = await drain(async () => await store.maintain(deleteProjects(before)));
  const idempotencyRecords = await drain(async () => await store.maintain(deleteRecords(now)));
  return {
    ...{ databases, replicas, replicationSlots, certificates, previousCredentials, stagedCredentials },
    ...{ customDomains, apiKeys, projects, idempotencyRecords },
  };
}
