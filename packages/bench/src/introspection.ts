/** How long it takes to introspect a server of some size, and how long this process is deaf to others meanwhile. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startTemporaryPostgres } from '@headgate/testing/postgres';
import { createUpstream, takeSnapshot } from '@headgate/upstream';
import postgres from 'postgres';
import type { Benchmark, Verdict } from './benchmark.ts';
import { DELAY_GOAL_MS, INTROSPECTION_GOAL_MS, INTROSPECTION_GOAL_TABLES } from './goals.ts';
import { tableOf } from './table.ts';

const LOOPBACK = ['127.0.0.0/8'];
/** As long as the service itself gives one. */
const TIMEOUT_MS = 14_000;
const MAX_BYTES = 256 * 1024 * 1024;
const TABLES_PER_STATEMENT = 250;
const SIZES = [500, 20_000];
const ROUNDS = 3;
const RESOLUTION_MS = 1;
const NS_PER_MS = 1_000_000;
/** Until everything that came before has been compiled, collected and forgotten. */
const WARM_UPS = 1;

/** One introspection. */
interface Introspection {
  readonly tables: number;
  readonly isWhole: boolean;
  readonly durationMs: number;
  /** The longest that anything else had to wait for its turn. */
  readonly maxDelayMs: number;
}

/** A server's catalogs, on a server that is a customer's. */
export const introspection: Benchmark = {
  name: 'introspection',
  run: async () => {
    const server = await startTemporaryPostgres({ max_locks_per_transaction: '1024' });
    try {
      return reportIntrospection(
        await measureIntrospection(async (name) => {
          await server.ensureDatabase(name);
          return server.url(name);
        }),
      );
    } finally {
      await server.stop();
    }
  },
};

/** Makes databases of these sizes on a server, and introspects each a few times. The best of each is what counts. */
async function measureIntrospection(
  databaseUrl: (name: string) => Promise<string>,
): Promise<Introspection[]> {
  const results: Introspection[] = [];
  for (const tables of SIZES) {
    const url = await databaseUrl(`introspection_${tables}`);
    await makeTables(url, tables);
    const rounds: Introspection[] = [];
    for (let round = 0; round < WARM_UPS + ROUNDS; round += 1) rounds.push(await introspect(url, tables));
    const [best] = rounds.slice(WARM_UPS).toSorted((a, b) => a.durationMs - b.durationMs);
    if (best !== undefined) results.push(best);
  }
  return results;
}

/** Tables such as people have: ten columns, two indexes, a check, a foreign key, a comment. */
async function makeTables(url: string, count: number): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const table = (index: number) => `
    create table t${index} (
      id bigint generated always as identity primary key, name text not null default 'x', email varchar(100),
      total numeric(10,2) check (total > 0), amount int, rank int, since timestamptz default now(), extra jsonb,
      note text, parent bigint references t${index - (index % TABLES_PER_STATEMENT)} (id)
    );
    create index on t${index} (name) where amount > 0;
    comment on column t${index}.name is 'a name';
  `;
  try {
    for (let made = 0; made < count; made += TABLES_PER_STATEMENT) {
      const indexes = Array.from({ length: TABLES_PER_STATEMENT }, (_, index) => made + index);
      await sql.unsafe(indexes.map(table).join(''));
    }
    await sql`vacuum analyze`;
  } finally {
    await sql.end();
  }
}

async function introspect(url: string, tables: number): Promise<Introspection> {
  const { hostname: host, port, username, password, pathname } = new URL(url);
  const connection = await createUpstream({ allowedCidrs: LOOPBACK }).connect(
    {
      ...{ host, port: Number(port), database: pathname.slice(1) },
      ...{ username, password: decodeURIComponent(password), sslMode: 'disable' },
    },
    { signal: AbortSignal.timeout(TIMEOUT_MS), maxBytes: MAX_BYTES },
  );
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const since = performance.now();
  const { counts, truncated } = await takeSnapshot(connection, { since, excludedSchemas: [] });
  const durationMs = performance.now() - since;
  delay.disable();
  await connection.close();
  return {
    ...{ tables, durationMs },
    isWhole: !truncated && counts.relations === tables,
    maxDelayMs: delay.max / NS_PER_MS,
  };
}

/** How long a database of some size takes, and how long others wait for their turn at most. */
function reportIntrospection(results: readonly Introspection[]): Verdict {
  const rows = results.map(({ tables, durationMs, maxDelayMs, isWhole }) => [
    ...[`${tables} tables`, durationMs.toFixed(0), maxDelayMs.toFixed(1)],
    isWhole ? 'whole' : 'truncated',
  ]);
  const goals = `${INTROSPECTION_GOAL_MS} ms for ${INTROSPECTION_GOAL_TABLES} tables, delay ${DELAY_GOAL_MS} ms`;
  return {
    text: [`introspection (goals: ${goals})`, tableOf(['', 'ms', 'delay ms', ''], rows)].join('\n'),
    isKept: results.every(
      ({ tables, durationMs, maxDelayMs, isWhole }) =>
        maxDelayMs < DELAY_GOAL_MS &&
        (tables > INTROSPECTION_GOAL_TABLES || (isWhole && durationMs < INTROSPECTION_GOAL_MS)),
    ),
  };
}
