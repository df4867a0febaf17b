import {
  createVault,
  openStore,
  parseVaultKeys,
  rotateSealingKey,
  type RotationProgress,
} from '@headgate/core';
import { hasCluster } from '@headgate/core/embedded';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { openDataDir } from '../embedded/data-dir.ts';
import { EMBEDDED_DATABASE, startPostgres } from '../embedded/services.ts';
import { readEmbeddedVaultKeys } from '../embedded/vault-keys.ts';
import { asDatabaseError } from '../start-errors.ts';

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
  if (config.databaseUrl !== undefined && config.vaultKeys !== undefined) {
    return await rotate(config.databaseUrl, config.vaultKeys, { log, signal });
  }
  const vaultKeys = config.vaultKeys ?? (await readEmbeddedVaultKeys(config.dataDir, hasCluster));
  // Whoever holds the folder runs the embedded server. When nobody does, it is ours to start, and to stop.
  const dataDir = await openDataDir(config.dataDir).catch(() => undefined);
  const server = await startPostgres(config.dataDir);
  try {
    return await rotate(server.url(EMBEDDED_DATABASE), vaultKeys, { log, signal });
  } finally {
    if (dataDir !== undefined) {
      await server.stop();
      await dataDir.release();
    }
  }
}

async function rotate(
  url: string,
  keys: string,
  { log, signal }: Omit<RotateOptions, 'config'>,
): Promise<boolean> {
  const vault = await createVault(parseVaultKeys(keys));
  const store = openStore({ url, maxConnections: 1 });
  try {
    const report = ({ total, resealed, failed }: RotationProgress) =>
      log.info({ key_id: vault.sealingKeyId, total, resealed, failed: failed.length }, 'rotation');
    const progress = await rotateSealingKey({ store, vault, signal, onProgress: report });
    const { total, resealed, failed, remaining } = progress;
    if (failed.length > 0)
      log.error({ databases: failed.slice(0, 100) }, 'these secrets do not open; is a key missing?');
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
