/** A customer's server: a real PostgreSQL of the test's own, beside the one that Headgate keeps its own state in. */
import { chown, chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  startTemporaryPostgres,
  type Cluster,
  type ClusterOrigin,
  type EmbeddedPostgres,
} from '@headgate/db/embedded';
import postgres from 'postgres';
import { uniqueName } from '../actors.ts';

export interface TestUpstreamOptions {
  /** Settings of postgresql.conf. The WAL is logical unless they say otherwise. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of pg_hba.conf, for whoever is not the superuser; scram-sha-256 for all from here when left out. */
  readonly hba?: readonly string[];
  /** PEM. With it the server speaks TLS, and asks for a client certificate of `ca` where a line of `hba` says so. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly ca?: string };
}

/** Whom to be at the server, and where it is: what a customer registers. */
export interface TestLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
}

/** A running server, with a database and an ordinary role that owns it. */
export interface TestUpstream extends TestLogin {
  /** As a connection URI. */
  readonly url: (over?: Partial<TestLogin>) => string;
  readonly superuser: { readonly username: string; readonly password: string };
  /** A client of the superuser in a database, the customer's own when none is named. It is ended with the server. */
  readonly sql: (database?: string) => postgres.Sql;
  /** Where the cluster's files lie. */
  readonly clusterDir: string;
  /** Ends the server at once, with all that is connected, and removes its files. */
  readonly stop: () => Promise<void>;
}

/** Host-based authentication of whoever is not named before. */
const ANYBODY_WITH_PASSWORD = ['host all all 127.0.0.1/32 scram-sha-256'];

/** Starts a server on a free port of the loopback address. It takes one or two seconds: share it in a file. */
export async function startUpstream(options: TestUpstreamOptions = {}): Promise<TestUpstream> {
  const server = await startTemporaryPostgres(...serverOptions(options));
  const upstream = describeUpstream(server, {
    database: 'app',
    username: 'app',
    password: uniqueName('pa$$ word'),
  });
  try {
    const { username, password, database } = upstream;
    const sql = upstream.sql('postgres');
    await sql.unsafe(`create role ${username} login password '${password}'`);
    await sql.unsafe(`create database ${database} owner ${username}`);
    await sql.end();
    return upstream;
  } catch (error) {
    await upstream.stop();
    throw error;
  }
}

/** What to start a server with. */
export function serverOptions(
  { settings, hba = ANYBODY_WITH_PASSWORD, tls }: TestUpstreamOptions,
  over: {
    readonly origin?: ClusterOrigin;
    readonly waitsUntilReady?: boolean;
    readonly files?: TestFiles;
  } = {},
): Parameters<typeof startTemporaryPostgres> {
  const { files, ...rest } = over;
  return [
    {
      wal_level: 'logical',
      ...(tls && TLS_SETTINGS),
      ...(tls?.ca && { ssl_ca_file: 'ca.crt' }),
      ...settings,
    },
    {
      ...rest,
      beforeStart: async (cluster) =>
        await placeFiles(cluster, {
          'pg_hba.conf': [...SUPERUSER_ONLY, ...hba, ''].join('\n'),
          ...(tls && { 'server.crt': tls.certificate, 'server.key': tls.key }),
          ...(tls?.ca !== undefined && { 'ca.crt': tls.ca }),
          ...files,
        }),
    },
  ];
}

/** Files of a cluster by their names, with what stands in them. */
type TestFiles = Readonly<Record<string, string>>;

const TLS_SETTINGS = { ssl: 'on' };

/** The superuser gets in whatever the test says of others: it sets the scene, and looks behind it. */
const SUPERUSER_ONLY = ['all', 'replication'].map(
  (database) => `host ${database} headgate 127.0.0.1/32 scram-sha-256`,
);

/** PostgreSQL refuses a private key that others may read. */
async function placeFiles({ clusterDir, user }: Cluster, files: TestFiles): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(clusterDir, name);
    await writeFile(path, text);
    await chmod(path, 0o600);
    if (user.uid !== undefined) await chown(path, user.uid, user.gid);
  }
}

/** A server as tests know it. */
export function describeUpstream(
  server: EmbeddedPostgres,
  { database, username, password }: Pick<TestLogin, 'database' | 'username' | 'password'>,
): TestUpstream {
  const own = new URL(server.url());
  const login = { host: own.hostname, port: Number(own.port), database, username, password };
  const clients: postgres.Sql[] = [];
  return {
    ...login,
    url: (over = {}) => urlOf({ ...login, ...over }),
    superuser: { username: own.username, password: own.password },
    sql: (name = database) => {
      const client = postgres(server.url(name), { max: 2, onnotice: () => {} });
      clients.push(client);
      return client;
    },
    clusterDir: server.clusterDir,
    stop: async () => {
      await Promise.all(clients.map(async (client) => await client.end({ timeout: 0 })));
      await server.stop();
    },
  };
}

function urlOf({ host, port, database, username, password }: TestLogin): string {
  const login = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return `postgres://${login}@${host}:${port}/${encodeURIComponent(database)}`;
}
