/** A database of the test's own to be looked at, and what is seen in it. */
import { createTestDatabase } from '@headgate/testing';
import postgres from 'postgres';
import {
  MAX_CONNECTION_BYTES,
  createUpstream,
  lineObject,
  readLines,
  takeSnapshot,
  type Connection,
  type Snapshot,
} from '../src/index.ts';

const TIMEOUT_MS = 50_000;
/** A loaded machine gets longer than a customer's server. */
const PATIENCE_MS = 30_000;

type Choice = Partial<Omit<Parameters<typeof takeSnapshot>[1], 'since'>>;

/** A column, constraint or index. */
interface Part {
  readonly name: string;
  readonly [property: string]: unknown;
}

/** A schema, type or relation as a snapshot tells it. */
export interface Told {
  readonly section: string;
  readonly schema?: string;
  readonly name: string;
  readonly columns?: readonly Part[];
  readonly constraints?: readonly Part[];
  readonly indexes?: readonly Part[];
  readonly [property: string]: unknown;
}

export interface Scene {
  readonly sql: postgres.Sql;
  /** Connects as its owner, or as another role that it knows, or to another database of its server. */
  readonly connect: (
    over?: Partial<Record<'username' | 'password' | 'database', string>>,
  ) => Promise<Connection>;
  /** Connects, takes a snapshot and hangs up. */
  readonly take: (choice?: Choice) => Promise<Snapshot>;
  readonly close: () => Promise<void>;
}

/** Makes a database with this in it. */
export async function createScene(ddl: string): Promise<Scene> {
  const database = await createTestDatabase({ empty: true });
  const url = new URL(database.url);
  const sql = postgres(database.url, { max: 2, onnotice: () => {} });
  await sql.unsafe(ddl);
  const upstream = createUpstream({ allowedCidrs: ['127.0.0.0/8'] });
  const connect: Scene['connect'] = async (over = {}) =>
    await upstream.connect(
      {
        ...{ host: url.hostname, port: Number(url.port), sslMode: 'disable' },
        ...{ username: url.username, password: url.password, database: url.pathname.slice(1) },
        ...over,
      },
      { signal: AbortSignal.timeout(TIMEOUT_MS), maxBytes: MAX_CONNECTION_BYTES },
    );
  return {
    ...{ sql, connect },
    take: async (choice) => await takeOn(await connect(), choice),
    close: async () => {
      await sql.end();
      await database.drop();
    },
  };
}

/** Takes a snapshot and hangs up. */
export async function takeOn(connection: Connection, choice: Choice = {}): Promise<Snapshot> {
  try {
    const since = performance.now() + PATIENCE_MS;
    return await takeSnapshot(connection, { since, excludedSchemas: [], ...choice });
  } finally {
    await connection.close();
  }
}

/** All that a snapshot holds. */
export async function toldBy({ body }: Pick<Snapshot, 'body'>): Promise<Told[]> {
  const told: Told[] = [];
  for await (const lines of readLines(body)) {
    for (const line of lines) told.push({ ...(JSON.parse(lineObject(line)) as Told), section: line.section });
  }
  return told;
}

/** One of it, by its name. */
export async function find(snapshot: Snapshot, name: string, section = 'relation'): Promise<Told> {
  const told = (await toldBy(snapshot)).find((each) => each.section === section && each.name === name);
  if (told === undefined) throw new Error(`the snapshot does not tell of ${name}`);
  return told;
}

/** A part of a relation, by its name. */
export function partOf(parts: readonly Part[] | undefined, name: string): Part {
  const part = parts?.find((each) => each.name === name);
  if (part === undefined) throw new Error(`there is no ${name}`);
  return part;
}
