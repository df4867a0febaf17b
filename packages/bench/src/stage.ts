/** What the benchmarks of the service run on: a PostgreSQL that keeps what it acknowledges, and an issuer. */
import { startTestIssuer, type TestIssuer } from '@headgate/testing/issuer';
import { startTemporaryPostgres, type TemporaryPostgres } from '@headgate/testing/postgres';
import type { ServerUnderLoad } from './servers.ts';

/** As in service: what is acknowledged is on the disk. */
const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

export interface Stage {
  readonly postgres: TemporaryPostgres;
  readonly issuer: TestIssuer;
  /** The URL of a database of this name, which is made when it is not there. */
  readonly databaseUrl: (name: string) => Promise<string>;
  /** Has a server stopped when the stage is taken down. */
  readonly keep: (server: ServerUnderLoad) => ServerUnderLoad;
}

/** Sets the stage, does the work and takes everything down, also when the work fails. */
export async function onStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  const postgres = await startTemporaryPostgres(DURABLE);
  const issuer = await startTestIssuer();
  const servers: ServerUnderLoad[] = [];
  try {
    return await work({
      ...{ postgres, issuer },
      databaseUrl: async (name) => {
        await postgres.ensureDatabase(name);
        return postgres.url(name);
      },
      keep: (server) => {
        servers.push(server);
        return server;
      },
    });
  } finally {
    for (const server of servers.toReversed()) await server.stop();
    await issuer.close();
    await postgres.stop();
  }
}
