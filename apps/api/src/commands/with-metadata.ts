import { hasCluster } from '@headgate/core/embedded';
import type { Config } from '../config/index.ts';
import { openDataDir } from '../embedded/data-dir.ts';
import { EMBEDDED_DATABASE, startPostgres } from '../embedded/services.ts';
import { readEmbeddedVaultKeys } from '../embedded/vault-keys.ts';

/** The metadata database of the service, and the keys of what is sealed in it. */
export interface Metadata {
  readonly url: string;
  readonly vaultKeys: string;
}

/**
 * Does a command's work on the database that the service has by the same configuration, whether the service runs or
 * not.
 */
export async function withMetadata<T>(
  config: Pick<Config, 'databaseUrl' | 'vaultKeys' | 'dataDir'>,
  work: (metadata: Metadata) => Promise<T>,
): Promise<T> {
  if (config.databaseUrl !== undefined && config.vaultKeys !== undefined) {
    return await work({ url: config.databaseUrl, vaultKeys: config.vaultKeys });
  }
  const vaultKeys = config.vaultKeys ?? (await readEmbeddedVaultKeys(config.dataDir, hasCluster));
  // Whoever holds the folder runs the embedded server. When nobody does, it is ours to start, and to stop.
  const dataDir = await openDataDir(config.dataDir).catch(() => undefined);
  const server = await startPostgres(config.dataDir);
  try {
    return await work({ url: server.url(EMBEDDED_DATABASE), vaultKeys });
  } finally {
    if (dataDir !== undefined) {
      await server.stop();
      await dataDir.release();
    }
  }
}
