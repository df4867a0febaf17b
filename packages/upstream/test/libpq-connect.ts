import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Target } from '../src/index.ts';
import { libpq } from './libpq.ts';

const CONNECTION_OK = 0;

interface Function<Result> {
  (...values: unknown[]): Result;
  readonly async: (...values: unknown[]) => void;
}

const connectParams = libpq.func(
  'void *PQconnectdbParams(const char **keywords, const char **values, int expand)',
) as unknown as Function<unknown>;
const status = libpq.func('int PQstatus(void *conn)') as (connection: unknown) => number;
const isEncrypted = libpq.func('int PQsslInUse(void *conn)') as (connection: unknown) => number;
const errorMessage = libpq.func('str PQerrorMessage(void *conn)') as (connection: unknown) => string;
const finish = libpq.func('void PQfinish(void *conn)') as (connection: unknown) => void;

// It waits in a thread of its own, so that a server in this process can answer.
const connectInThread: (...values: unknown[]) => Promise<unknown> = promisify(
  connectParams.async.bind(connectParams),
);

/** How libpq itself fares with a target, whose host is at 127.0.0.1: encrypted, plain, or what it says against it. */
export async function connectWithLibpq(target: Target): Promise<{ outcome: string; message: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-libpq-'));
  const place = async (name: string, text: string | undefined) => {
    const path = join(folder, name);
    if (text !== undefined) await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  try {
    const { clientCertificate: client } = target;
    const options: Record<string, string> = {
      host: target.host,
      hostaddr: '127.0.0.1',
      port: String(target.port),
      dbname: target.database,
      user: target.username,
      password: target.password,
      sslmode: target.sslMode,
      gssencmode: 'disable',
      connect_timeout: '20',
      sslrootcert: await place('ca.crt', target.ca),
      sslcert: await place('client.crt', client?.certificate),
      sslkey: await place('client.key', client?.privateKey),
    };
    const keywords = [...Object.keys(options), null];
    const connection = await connectInThread(keywords, [...Object.values(options), null], 0);
    const message = errorMessage(connection);
    const outcome =
      status(connection) !== CONNECTION_OK ? 'refused' : isEncrypted(connection) === 1 ? 'tls' : 'plain';
    finish(connection);
    return { outcome, message };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
