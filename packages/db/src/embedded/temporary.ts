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

/** Starts a server for tests and generators. Its files are removed when it is stopped, and it does not outlive us. */
export async function startTemporaryPostgres(
  settings: Readonly<Record<string, string>> = {},
  options: Omit<EmbeddedPostgresOptions, 'dataDir' | 'settings'> = {},
): Promise<EmbeddedPostgres> {
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
