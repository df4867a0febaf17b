import { startTemporaryPostgres } from '@headgate/db/embedded';
import postgres from 'postgres';
import { describeUpstream, serverOptions, type TestUpstream } from './server.ts';

const CANNOT_CONNECT_NOW = '57P03';
const WAIT_MS = 30_000;
const RETRY_MS = 50;

/**
 * A server that is starting up for as long as it lives: it is to recover from an archive, which never answers. Its only
 * role is the superuser.
 */
export async function startEndlesslyStartingUpstream(): Promise<TestUpstream> {
  const server = await startTemporaryPostgres(
    ...serverOptions(
      { settings: { restore_command: 'sleep 3600' } },
      { waitsUntilReady: false, files: { 'recovery.signal': '' } },
    ),
  );
  const { username, password } = new URL(server.url());
  const upstream = describeUpstream(server, { database: 'postgres', username, password });
  try {
    await untilItSaysSo(upstream);
    return upstream;
  } catch (error) {
    await upstream.stop();
    throw error;
  }
}

async function untilItSaysSo({ url }: TestUpstream): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const sql = postgres(url(), { max: 1 });
    const error: unknown = await sql`select 1`.catch((reason: unknown) => reason);
    await sql.end({ timeout: 0 });
    if (error instanceof postgres.PostgresError && error.code === CANNOT_CONNECT_NOW) return;
    if (Date.now() > deadline)
      throw new Error('the server does not say that it is starting', { cause: error });
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
