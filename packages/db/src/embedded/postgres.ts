/**
 * A real PostgreSQL of our own, from npm: for the embedded mode and for tests. The server is started through its own
 * pg_ctl, which puts it in a session of its own, so that Ctrl-C in a terminal reaches Headgate first and the server
 * only when Headgate stops it.
 */
import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { locateBinaries, placeForServer, runAsServer, type ServerUser } from './server-user.ts';

const START_TIMEOUT_SECONDS = 60;
const SUPERUSER = 'headgate';

export interface EmbeddedPostgresOptions {
  /** Where its files live: `postgres/` in it holds the cluster. */
  readonly dataDir: string;
  /** Settings of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** The URL of a database of the server, as its superuser. It holds the password: do not print it. */
  readonly url: (database?: string) => string;
  /** Where the cluster's files lie. */
  readonly clusterDir: string;
  /** Whether the server ran already and was only joined. */
  readonly isJoined: boolean;
  /** Makes a database unless there is one of this name. */
  readonly ensureDatabase: (name: string) => Promise<void>;
  /** Stops the server: running statements are cancelled, nothing committed is lost. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts the server of `dataDir`, making its cluster at the first time, or joins the one that runs there already.
 *
 * @throws Error with one line that says what to do, when the cluster cannot be made or started
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { user, clusterDir } = await placeForServer(join(options.dataDir, 'postgres'));
  const binaries = await locateBinaries(user, clusterDir);
  const passwordFile = join(options.dataDir, 'postgres-password');
  const password = await readFile(passwordFile, 'utf8').catch(() => createPassword(passwordFile));

  const isCluster = await readFile(join(clusterDir, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (!isCluster) await initialise(binaries.initdb, clusterDir, password, user);
  const joinedPort = await runningPort(binaries.pgCtl, clusterDir, user);
  const port = joinedPort ?? (await freePort());
  if (joinedPort === undefined) {
    await start(binaries.pgCtl, { clusterDir, port, settings: options.settings ?? {}, user });
  }
  const url = (database = 'postgres') => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;
  return {
    clusterDir,
    url,
    isJoined: joinedPort !== undefined,
    ensureDatabase: async (name) => await ensureDatabase(url(), name),
    stop: async () => {
      await runAsServer(user, binaries.pgCtl, ['stop', '-D', clusterDir, '-m', 'fast', '-w', '-s']);
    },
  };
}

async function createPassword(file: string): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, password, { mode: 0o600 });
  return password;
}

async function initialise(
  initdb: string,
  clusterDir: string,
  password: string,
  user: ServerUser,
): Promise<void> {
  const handover = await mkdtemp(join(tmpdir(), 'headgate-'));
  const passwordFile = join(handover, 'password');
  try {
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (user.uid !== undefined) {
      await Promise.all([handover, passwordFile].map(async (path) => await chown(path, user.uid, user.gid)));
    }
    // Sorting must not change with the machine's locale; PostgreSQL's own provider needs none.
    await runAsServer(user, initdb, [
      ...['-D', clusterDir, '-U', SUPERUSER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8'],
      ...['--locale-provider=builtin', '--locale=C.UTF-8', '--no-instructions'],
    ]);
  } finally {
    await rm(handover, { recursive: true, force: true });
  }
}

interface StartOptions {
  readonly clusterDir: string;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly user: ServerUser;
}

async function start(pgCtl: string, { clusterDir, port, settings, user }: StartOptions): Promise<void> {
  const all = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', ...settings };
  const flags = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
  const log = join(clusterDir, 'server.log');
  await runAsServer(user, pgCtl, [
    ...[
      'start',
      '-D',
      clusterDir,
      '-l',
      log,
      '-w',
      '-t',
      String(START_TIMEOUT_SECONDS),
      '-s',
      '-o',
      flags.join(' '),
    ],
  ]);
}

/** The port of the server that runs on this cluster, if one does: line 4 of postmaster.pid (manual, section 66.1). */
async function runningPort(pgCtl: string, clusterDir: string, user: ServerUser): Promise<number | undefined> {
  const runs = await runAsServer(user, pgCtl, ['status', '-D', clusterDir]).then(
    () => true,
    () => false,
  );
  if (!runs) return undefined;
  const lines = (await readFile(join(clusterDir, 'postmaster.pid'), 'utf8')).split('\n');
  return Number(lines[3]);
}

async function ensureDatabase(url: string, name: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${name}`;
    if (found === undefined) await sql`create database ${sql(name)}`;
  } finally {
    await sql.end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}
