import { classifyFailure, query, type Store } from '@headgate/db';
import type { Vault } from '@headgate/vault';
import { sql } from 'kysely';
import { countOutdatedSeals, outdatedSeals, resealChain } from '../audit-log/reseal-chains.ts';
import { isAborted } from '../time.ts';
import { passwordOwner } from '../databases/password.ts';

const BATCH_SIZE = 200;

export interface RotationProgress {
  /** Secrets that were sealed under another key when the rotation began or was continued. */
  readonly total: number;
  readonly resealed: number;
  /** Rows whose secret or seal does not open: altered, or sealed under a key that the vault no longer holds. */
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
  return (await countOutdated(store, keyId)) + (await countOutdatedSeals(store, keyId));
}

/** Goes once over everything that lies under another key. */
async function* resealedBatches(rotation: Rotation) {
  const { store, vault } = rotation;
  for await (const batch of outdatedBatches(rotation)) yield await resealBatch(store, vault, batch);
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

async function* outdatedBatches({ store, vault, signal, batchSize = BATCH_SIZE }: Rotation) {
  let after = '';
  while (!isAborted(signal)) {
    const batch = await outdatedBatch(store, vault.sealingKeyId, after, batchSize);
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

interface Outdated {
  readonly id: string;
  readonly sealed_password: string;
}

async function resealBatch(store: Store, vault: Vault, batch: readonly Outdated[]) {
  const results = await Promise.allSettled(
    batch.map(async ({ id, sealed_password: old }) => {
      const { jwe } = await vault.seal(await vault.open(old, passwordOwner(id)), passwordOwner(id));
      return { id, old, jwe };
    }),
  );
  const sealed = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = batch.filter((_, index) => results[index]?.status === 'rejected').map(({ id }) => id);
  const statement = replaceSecrets(vault.sealingKeyId, sealed);
  const written = sealed.length === 0 ? [] : await persist(async () => await store.maintain(statement));
  return { resealed: written.length, failed };
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

/** Compares with what was read, so that a password set in the meantime is not overwritten by the one before it. */
function replaceSecrets(keyId: string, secrets: readonly { id: string; old: string; jwe: string }[]) {
  const column = (values: string[]) => sql<string>`unnest(${values}::text[])`;
  const replacements = query
    .selectNoFrom([
      column(secrets.map(({ id }) => id)).as('id'),
      column(secrets.map(({ old }) => old)).as('old'),
      column(secrets.map(({ jwe }) => jwe)).as('jwe'),
    ])
    .as('replacement');
  return query
    .updateTable('databases')
    .from(replacements)
    .set((eb) => ({ sealed_password: eb.ref('replacement.jwe'), sealing_key_id: keyId }))
    .whereRef('databases.id', '=', 'replacement.id')
    .whereRef('databases.sealed_password', '=', 'replacement.old')
    .returning('databases.id');
}

async function countOutdated(store: Store, keyId: string): Promise<number> {
  const [row] = await store.maintain(
    query
      .selectFrom('databases')
      .where('sealing_key_id', '<>', keyId)
      .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('count')),
  );
  return row?.count ?? 0;
}

async function outdatedBatch(store: Store, keyId: string, after: string, size: number): Promise<Outdated[]> {
  const rows = await store.maintain(
    query
      .selectFrom('databases')
      .select(['id', 'sealed_password'])
      .where('sealing_key_id', '<>', keyId)
      .where('id', '>', after)
      .orderBy('id')
      .limit(size),
  );
  return rows.flatMap(({ id, sealed_password }) =>
    sealed_password === null ? [] : [{ id, sealed_password }],
  );
}
