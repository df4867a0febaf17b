import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWithUs } from './guard.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './postgres.ts';

/** Nothing of a temporary server must outlive the machine, so it need not wait for the disk. */
const IN_A_HURRY = {
  logging_collector: 'off',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};

/** A server whose files are removed when it is stopped. */
export interface TemporaryPostgres extends EmbeddedPostgres {
  /** Stops it, and keeps its files: `immediate` as in a crash, from which it recovers when it starts. */
  readonly halt: (mode: 'fast' | 'immediate') => Promise<void>;
}

/** Starts a server for tests and generators. Its files are removed when it is stopped, and it does not outlive us. */
export async function startTemporaryPostgres(
  settings: Readonly<Record<string, string>> = {},
  options: Omit<EmbeddedPostgresOptions, 'dataDir' | 'settings'> = {},
): Promise<TemporaryPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'headgate-'));
  // The server may run as another user, who must pass through.
  await chmod(dataDir, 0o711);
  let letGo = () => {};
  const remove = async () => {
    letGo();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const server = await startEmbeddedPostgres({
      ...options,
      dataDir,
      settings: { ...IN_A_HURRY, ...settings },
      beforeStart: async (cluster) => {
        const { clusterDir } = cluster;
        letGo = endWithUs({ pidFile: join(clusterDir, 'postmaster.pid'), signal: 'QUIT', dir: clusterDir });
        await options.beforeStart?.(cluster);
      },
    });
    return {
      ...server,
      halt: server.stop,
      stop: async () => {
        try {
          await server.stop('immediate');
        } finally {
          await remove();
        }
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
