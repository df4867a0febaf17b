import {
  createVault,
  openStore,
  parseVaultKeys,
  rotateSealingKey,
  type RotationProgress,
} from '@headgate/core';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { startPostgres } from '../embedded/services.ts';
import { readEmbeddedVaultKeys } from '../embedded/vault-keys.ts';

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
  const server = config.databaseUrl === undefined ? await startPostgres(config.dataDir) : undefined;
  const url = config.databaseUrl ?? server?.url('headgate') ?? '';
  const vault = await createVault(
    parseVaultKeys(config.vaultKeys ?? (await readEmbeddedVaultKeys(config.dataDir))),
  );
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
    const outcome = remaining === 0 ? 'rotation done' : unfinished;
    log.info({ key_id: vault.sealingKeyId, total, resealed, remaining }, outcome);
    return remaining === 0;
  } finally {
    await store.close();
    if (server?.isJoined === false) await server.stop();
  }
}
