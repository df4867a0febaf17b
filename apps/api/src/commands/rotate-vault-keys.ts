import {
  createVault,
  openStore,
  parseVaultKeys,
  rotateSealingKey,
  type RotationProgress,
} from '@headgate/core';
import type { Logger } from 'pino';
import type { Config } from '../config/index.ts';
import { asDatabaseError } from '../start-errors.ts';
import { withMetadata, type Metadata } from './with-metadata.ts';

interface RotateOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Seals every secret with the first of the vault keys, while the API runs. Interrupted, it continues where it was
 * when it is run again.
 *
 * @returns whether every secret lies under the first key now
 */
export async function rotateVaultKeys({ config, log, signal }: RotateOptions): Promise<boolean> {
  return await withMetadata(config, async (metadata) => await rotate(metadata, { log, signal }));
}

async function rotate(
  { url, vaultKeys }: Metadata,
  { log, signal }: Omit<RotateOptions, 'config'>,
): Promise<boolean> {
  const vault = await createVault(parseVaultKeys(vaultKeys));
  const store = openStore({ url, maxConnections: 1 });
  try {
    const report = ({ total, resealed, failed }: RotationProgress) =>
      log.info({ key_id: vault.sealingKeyId, total, resealed, failed: failed.length }, 'rotation');
    const progress = await rotateSealingKey({ store, vault, signal, onProgress: report });
    const { total, resealed, failed, remaining } = progress;
    if (failed.length > 0)
      log.error({ secrets: failed.slice(0, 100) }, 'these secrets and seals do not open; is a key missing?');
    const unfinished = signal.aborted
      ? 'rotation interrupted; run it again'
      : 'rotation not complete; run it again';
    log.info(
      { key_id: vault.sealingKeyId, total, resealed, remaining },
      remaining === 0 ? 'rotation done' : unfinished,
    );
    return remaining === 0;
  } catch (error) {
    throw asDatabaseError(error);
  } finally {
    await store.close();
  }
}
