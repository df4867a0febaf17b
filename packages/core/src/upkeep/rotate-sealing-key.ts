import { classifyFailure, type Store } from '@headgate/db';
import type { Vault } from '@headgate/vault';
import { countOutdatedSeals, outdatedSeals, resealChain } from '../audit-log/reseal-chains.ts';
import { isAborted } from '../time.ts';
import {
  countOutdated,
  outdatedSecrets,
  replaceSecrets,
  sealAnew,
  type SealedSecret,
} from './reseal-column.ts';
import { SEALED_COLUMNS, type SealedColumn } from './sealed-columns.ts';

const BATCH_SIZE = 200;

export interface RotationProgress {
  /** Secrets that were sealed under another key when the rotation began or was continued. */
  readonly total: number;
  readonly resealed: number;
  /** What does not open, by its row and column: altered, or sealed under a key that the vault no longer holds. */
  readonly failed: readonly string[];
  /** Secrets that lie under another key still, those that failed among them. */
  readonly remaining: number;
}

interface Rotation {
  readonly store: Store;
  readonly vault: Vault;
  readonly onProgress?: (progress: RotationProgress) => void;
  /** Stops between two batches. What is done stays done; the next call continues with the rest. */
  readonly signal?: AbortSignal;
  readonly batchSize?: number;
}

/** Passes over all secrets: an instance that has not been restarted yet may still seal under the key before. */
const MAX_PASSES = 10;

/**
 * Seals every secret that lies under another key with the vault's first key, in batches, while the API runs, and the
 * ends of the audit chains with them, so that the key before can be dropped. A batch is one statement, and what was
 * changed meanwhile is left as it then is: nothing is lost by an interruption or by two rotations at once. Whatever
 * comes in under another key meanwhile is taken up by a further pass.
 */
export async function rotateSealingKey(rotation: Rotation): Promise<RotationProgress> {
  const { store, vault, onProgress, signal } = rotation;
  const failed = new Set<string>();
  let remaining = await countAllOutdated(store, vault.sealingKeyId);
  let progress: RotationProgress = { total: remaining, resealed: 0, failed: [], remaining };
  onProgress?.(progress);
  for (let pass = 1; pass <= MAX_PASSES && remaining > failed.size && !isAborted(signal); pass += 1) {
    for await (const result of resealedBatches(rotation)) {
      for (const id of result.failed) failed.add(id);
      const resealed = progress.resealed + result.resealed;
      remaining = Math.max(remaining - result.resealed, 0);
      progress = {
        total: Math.max(progress.total, resealed + failed.size),
        resealed,
        failed: [...failed],
        remaining,
      };
      onProgress?.(progress);
    }
    remaining = await countAllOutdated(store, vault.sealingKeyId);
    progress = { ...progress, remaining };
  }
  return progress;
}

async function countAllOutdated(store: Store, keyId: string): Promise<number> {
  let count = await countOutdatedSeals(store, keyId);
  for (const column of SEALED_COLUMNS) count += await countOutdated(store, column, keyId);
  return count;
}

/** Goes once over everything that lies under another key. */
async function* resealedBatches(rotation: Rotation) {
  const { store, vault } = rotation;
  for (const column of SEALED_COLUMNS) {
    for await (const batch of outdatedBatches(rotation, column)) {
      yield await resealBatch(rotation, column, batch);
    }
  }
  for await (const batch of outdatedChains(rotation)) {
    const failed: string[] = [];
    let resealed = 0;
    for (const chain of batch) {
      const result = await persist(async () => await resealChain(store, vault, chain));
      resealed += result.resealed;
      if (!result.isGood) failed.push(`audit chain of ${chain.org_id}`);
    }
    yield { resealed, failed };
  }
}

async function* outdatedBatches(
  { store, vault, signal, batchSize: size = BATCH_SIZE }: Rotation,
  column: SealedColumn,
) {
  let after = '';
  while (!isAborted(signal)) {
    const batch = await outdatedSecrets(store, column, { keyId: vault.sealingKeyId, after, size });
    const last = batch.at(-1);
    if (last === undefined) return;
    yield batch;
    after = last.id;
  }
}

async function* outdatedChains({ store, vault, signal, batchSize = BATCH_SIZE }: Rotation) {
  let after = '';
  while (!isAborted(signal)) {
    const batch = await outdatedSeals(store, vault.sealingKeyId, after, batchSize);
    const last = batch.at(-1);
    if (last === undefined) return;
    yield batch;
    after = last.org_id;
  }
}

async function resealBatch({ store, vault }: Rotation, column: SealedColumn, batch: readonly SealedSecret[]) {
  const { sealed: secrets, failed } = await sealAnew(vault, column, batch);
  const replacements = { keyId: vault.sealingKeyId, secrets };
  return {
    resealed: await persist(async () => await replaceSecrets(store, column, replacements)),
    failed: failed.map((id) => `${id} ${column.column}`),
  };
}

const MAX_TRIES = 3;

/** Beside the traffic a batch may wait too long for a row, or meet another in a deadlock: the next try finds it free. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === MAX_TRIES || classifyFailure(error) !== 'unavailable') throw error;
    }
  }
}
