/**
 * A real PostgreSQL of our own, from npm: for the embedded mode and for tests. The server is started through its own
 * pg_ctl, which puts it in a session of its own, so that Ctrl-C in a terminal reaches Headgate first and the server
 * only when Headgate stops it.
 */
import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { exists, locateBinaries, placeForServer, runAsServer, type ServerUser } from './server-user.ts';

const START_TIMEOUT_SECONDS = 60;
const SUPERUSER = 'headgate';

export interface EmbeddedPostgresOptions {
  /** Where its files live: `postgres/` in it is the server's home. */
  readonly dataDir: string;
  /** Settings of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The cluster to begin with in place of a new one. */
  readonly origin?: ClusterOrigin;
  /** Puts files into the cluster before its server starts, such as who may connect, or certificates. */
  readonly beforeStart?: (cluster: Cluster) => Promise<void>;
  /** Whether to come back only when the server takes connections: one that is to recover may never do. */
  readonly waitsUntilReady?: boolean;
}

/** Where a cluster's files lie, and whose they must be. */
export interface Cluster {
  readonly clusterDir: string;
  readonly user: ServerUser;
}

/** A cluster that is there already, to be copied. */
export interface ClusterOrigin {
  /** Its superuser's password. */
  readonly password: string;
  /** Puts the copy into a folder that it makes, as its user's own. */
  readonly copyTo: (cluster: Cluster) => Promise<void>;
}

export interface EmbeddedPostgres {
  /** The URL of a database of the server, as its superuser. It holds the password: do not print it. */
  readonly url: (database?: string) => string;
  /** Where the cluster's files lie. */
  readonly clusterDir: string;
  /** Whether the server ran already and was only joined: then it is somebody else's to stop. */
  readonly isJoined: boolean;
  readonly isRunning: () => Promise<boolean>;
  /** Makes a database unless there is one of this name. */
  readonly ensureDatabase: (name: string) => Promise<void>;
  /** Starts the server again that was stopped, where it was before. */
  readonly start: () => Promise<void>;
  /**
   * Stops the server: running statements are cancelled, nothing committed is lost. Who throws its files away may have
   * it end at once instead, as in a crash.
   */
  readonly stop: (mode?: 'fast' | 'immediate') => Promise<void>;
}

/** What lies in the server's home. */
const CLUSTER = 'cluster';
const PASSWORD = 'password';
const LOG = 'start.log';

/** Whether a folder of embedded state holds a cluster already. It is there whole or not at all. */
export async function hasCluster(dataDir: string): Promise<boolean> {
  return await exists(join(dataDir, 'postgres', CLUSTER));
}

/**
 * Starts the server of `dataDir`, making its cluster at the first time, or joins the one that runs there already.
 *
 * @throws Error with one line that says what to do, when the cluster cannot be made or started
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { user, home } = await placeForServer(join(options.dataDir, 'postgres'));
  const { initdb, pgCtl } = await locateBinaries(user, home);
  const clusterDir = join(home, CLUSTER);
  const password = await keepPassword(join(home, PASSWORD), options.origin?.password);
  if (!(await exists(clusterDir))) await makeCluster(initdb, { clusterDir, password, user }, options.origin);

  const findPort = async () => await runningPort(pgCtl, clusterDir, user);
  const joinedPort = await findPort();
  const port = joinedPort ?? (await freePort());
  const settings = { ...BOUNDED_LOG, ...options.settings };
  const { waitsUntilReady = true } = options;
  const startServer = async () =>
    await start(pgCtl, { clusterDir, log: join(home, LOG), port, settings, user, waitsUntilReady });
  if (joinedPort === undefined) {
    await options.beforeStart?.({ clusterDir, user });
    await startServer();
  }
  const url = (database = 'postgres') => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;
  return {
    clusterDir,
    url,
    isJoined: joinedPort !== undefined,
    isRunning: async () => (await findPort()) !== undefined,
    ensureDatabase: async (name) => await ensureDatabase(url(), name),
    start: startServer,
    stop: async (mode = 'fast') => {
      if ((await findPort()) === undefined) return;
      await runAsServer(user, pgCtl, ['stop', '-D', clusterDir, '-m', mode, '-w', '-s']);
    },
  };
}

/** A file a weekday, begun anew when its day comes again: the log of a server that nobody looks after. */
const BOUNDED_LOG = {
  logging_collector: 'on',
  log_directory: 'log',
  log_filename: 'postgres-%a.log',
  log_rotation_age: '1d',
  log_rotation_size: '0',
  log_truncate_on_rotation: 'on',
};

/** The superuser's password, made before the cluster that is made with it, and on the disk before it is used. */
async function keepPassword(file: string, known?: string): Promise<string> {
  if (await exists(file)) return await readFile(file, 'utf8');
  const password = known ?? randomBytes(24).toString('base64url');
  const draft = `${file}.new`;
  await writeFile(draft, password, { mode: 0o600, flush: true });
  await rename(draft, file);
  return password;
}

interface NewCluster extends Cluster {
  readonly password: string;
}

/** Makes the cluster beside its place and moves it there whole, so that half a cluster is never taken for one. */
async function makeCluster(
  initdb: string,
  { clusterDir, password, user }: NewCluster,
  origin?: ClusterOrigin,
): Promise<void> {
  const draft = `${clusterDir}.new`;
  await rm(draft, { recursive: true, force: true });
  if (origin === undefined) await initialize(initdb, { clusterDir: draft, password, user });
  else await origin.copyTo({ clusterDir: draft, user });
  await rename(draft, clusterDir);
}

async function initialize(initdb: string, { clusterDir, password, user }: NewCluster): Promise<void> {
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

interface StartOptions extends Cluster {
  readonly log: string;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly waitsUntilReady: boolean;
}

async function start(pgCtl: string, options: StartOptions): Promise<void> {
  const { clusterDir, log, port, settings, user, waitsUntilReady } = options;
  const all = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', ...settings };
  const flags = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
  const wait = waitsUntilReady ? ['-w', '-t', String(START_TIMEOUT_SECONDS)] : ['-W'];
  const place = ['-D', clusterDir, '-l', log];
  await runAsServer(user, pgCtl, ['start', ...place, ...wait, '-s', '-o', flags.join(' ')]);
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
