import { query, type Store } from '@headgate/db';
import type { Vault } from '@headgate/vault';
import { sql } from 'kysely';
import { isAborted } from '../time.ts';
import { passwordOwner } from '../databases/password.ts';

const BATCH_SIZE = 200;

export interface RotationProgress {
  /** Secrets that were sealed under another key when the rotation began or was continued. */
  readonly total: number;
  readonly resealed: number;
  /** Rows whose secret does not open: altered, or sealed under a key that the vault no longer holds. */
  readonly failed: readonly string[];
}

interface Rotation {
  readonly store: Store;
  readonly vault: Vault;
  readonly onProgress?: (progress: RotationProgress) => void;
  /** Stops between two batches. What is done stays done; the next call continues with the rest. */
  readonly signal?: AbortSignal;
  readonly batchSize?: number;
}

/**
 * Seals every secret that lies under another key with the vault's first key, in batches, while the API runs. A batch
 * is one statement, and a secret that was changed meanwhile is left as it then is: nothing is lost by an interruption
 * or by two rotations at once.
 */
export async function rotateSealingKey(rotation: Rotation): Promise<RotationProgress> {
  const { store, vault, onProgress, signal, batchSize = BATCH_SIZE } = rotation;
  let progress: RotationProgress = {
    total: await countOutdated(store, vault.sealingKeyId),
    resealed: 0,
    failed: [],
  };
  onProgress?.(progress);
  let after = '';
  while (!isAborted(signal)) {
    const batch = await outdatedBatch(store, vault.sealingKeyId, after, batchSize);
    const last = batch.at(-1);
    if (last === undefined) break;
    const { resealed, failed } = await resealBatch(store, vault, batch);
    progress = {
      ...progress,
      resealed: progress.resealed + resealed,
      failed: [...progress.failed, ...failed],
    };
    onProgress?.(progress);
    after = last.id;
  }
  return progress;
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
  const written = sealed.length === 0 ? [] : await store.maintain(replaceSecrets(vault.sealingKeyId, sealed));
  return { resealed: written.length, failed };
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
