import postgres from 'postgres';
import type { TestUpstream } from './server.ts';

const TOO_MANY_CONNECTIONS = '53300';
const MAX_ATTEMPTS = 500;

/**
 * Takes every connection that an ordinary role may have, until the server has none left, and holds them. Set a small
 * `max_connections`.
 */
export async function fillUpstream({
  url,
}: TestUpstream): Promise<{ readonly release: () => Promise<void> }> {
  const clients: postgres.Sql[] = [];
  const release = async () => {
    await Promise.all(clients.map(async (client) => await client.end({ timeout: 0 })));
  };
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const client = postgres(url(), { max: 1, connection: { application_name: 'filler' } });
      clients.push(client);
      const error: unknown = await client`select 1`.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error instanceof postgres.PostgresError && error.code === TOO_MANY_CONNECTIONS) return { release };
      if (error !== undefined) throw new Error('the server cannot be filled', { cause: error });
    }
    throw new Error(`the server takes more than ${MAX_ATTEMPTS} connections`);
  } catch (error) {
    await release();
    throw error;
  }
}
