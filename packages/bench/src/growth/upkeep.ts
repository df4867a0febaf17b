/** Whether what the service does by itself, for nobody's request, is felt by those who ask for something meanwhile. */
import {
  createVault,
  openStore,
  parseVaultKeys,
  purgeExpired,
  systemClock,
  type Store,
} from '@headgate/core';
import postgres, { type Sql } from 'postgres';
import { askWhile, type Sample } from './ask.ts';
import { insertBacklog } from './backlog.ts';
import { insertDatabases, insertRows } from './fill.ts';
import { kindsOfRequests } from './kinds.ts';
import { ORGANIZATION } from './layout.ts';
import type { Filled } from './service.ts';

/** Deleted so long ago that they cannot be restored, and numbered far behind those that are there. */
const DELETED = { first: 10_000_000, end: 10_030_000, deletedAt: `now() - interval '31 days'` };
const EXPIRED_RECORDS = 30_000;
const ORGANIZATIONS = 10;
const ENTRIES_PER_ORGANIZATION = 2_000;
/** What the others go on asking for. */
const TRAFFIC = ['get a database', 'page of databases', 'audit log of a project', 'create a database'];
const BEFORE_MS = 5_000;
const POLL_MS = 50;
/** Several rounds of the job, should the machine be slow. */
const MAX_CHAINING_MS = 120_000;

/** How long requests took before a job and beside it. */
export interface Disturbance {
  readonly job: string;
  /** What it has worked off, and in how long. */
  readonly items: number;
  readonly tookMs: number;
  /** The longest statement, and so the longest that it has held a row: where it can be told. */
  readonly longestMs?: number;
  readonly beforeMs: readonly number[];
  readonly besideMs: readonly number[];
}

export async function measureUpkeep(
  service: Filled,
  say: (text: string) => void,
): Promise<readonly Disturbance[]> {
  const sql = postgres(service.databaseUrl, { max: 2, onnotice: () => {} });
  try {
    const purge = await measurePurge(service, sql);
    say(`growth   ${purge.items} rows are purged`);
    const chaining = await measureChaining(service, sql);
    say(`growth   ${chaining.items} audit entries are chained`);
    return [purge, chaining];
  } finally {
    await sql.end();
  }
}

/** The service's own purge, on a connection of its own as in the service, when a month's deletions fall due at once. */
async function measurePurge(service: Filled, sql: Sql): Promise<Disturbance> {
  await insertDatabases(sql, service.layout, DELETED);
  await insertRows(sql, {
    ...{ table: 'idempotency_records', first: 0, end: EXPIRED_RECORDS },
    same: {
      ...{
        org_id: ORGANIZATION,
        actor_kind: 'user',
        actor_id: 'user_long_ago',
        operation: 'database.create',
      },
      ...{ fingerprint: 'x'.repeat(60), answer: {} },
    },
    each: {
      key: `'expired ' || i`,
      created_at: `now() - interval '2 days'`,
      expires_at: `now() - interval '1 day'`,
    },
  });
  const store = openStore({ url: service.databaseUrl, maxConnections: 1 });
  const timed = timing(store);
  try {
    return await besideTraffic(service, 'purge', async () => {
      const startedAt = performance.now();
      const purged = await purgeExpired({ store: timed.store, clock: systemClock });
      const items = Object.values<number>({ ...purged }).reduce((sum, count) => sum + count);
      return { items, startedAt, endedAt: performance.now(), longestMs: timed.longestMs() };
    });
  } finally {
    await store.close();
  }
}

/** A store that notes how long its longest statement of upkeep took. */
function timing(store: Store): { readonly store: Store; readonly longestMs: () => number } {
  let longestMs = 0;
  return {
    store: {
      ...store,
      maintain: async (query) => {
        const startedAt = performance.now();
        const rows = await store.maintain(query);
        longestMs = Math.max(longestMs, performance.now() - startedAt);
        return rows;
      },
    },
    longestMs: () => longestMs,
  };
}

/** The service's own job, in the service itself, when it has been kept from it for a while. */
async function measureChaining(service: Filled, sql: Sql): Promise<Disturbance> {
  const vault = await createVault(parseVaultKeys(service.vaultKeys));
  return await besideTraffic(service, 'audit chains', async () => {
    const items = await insertBacklog(sql, vault, {
      organizations: ORGANIZATIONS,
      entriesEach: ENTRIES_PER_ORGANIZATION,
    });
    const left = async () => {
      const [row] = await sql<{ left: number }[]>`
        select count(*)::integer as left from headgate.audit_entries where position is null and mac is not null
          and org_id <> ${ORGANIZATION}
      `;
      return row?.left ?? 0;
    };
    const until = performance.now() + MAX_CHAINING_MS;
    const wait = async (isOver: (count: number) => boolean) => {
      while (!isOver(await left())) {
        if (performance.now() > until) throw new Error('the audit log was not chained in time');
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      return performance.now();
    };
    const startedAt = await wait((count) => count < items);
    return { items, startedAt, endedAt: await wait((count) => count === 0) };
  });
}

interface Done {
  readonly items: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly longestMs?: number;
}

/** Lets traffic run for a while, then the job beside it until that is done. */
async function besideTraffic(service: Filled, job: string, run: () => Promise<Done>): Promise<Disturbance> {
  const lines = kindsOfRequests()
    .filter(({ name }) => TRAFFIC.includes(name))
    .map((kind) => kind.line(service));
  const startedAt = performance.now();
  const before = await askWhile(lines, () => performance.now() - startedAt < BEFORE_MS);
  let isDone = false;
  const running = run().finally(() => {
    isDone = true;
  });
  const [done, beside] = await Promise.all([running, askWhile(lines, () => !isDone)]);
  const within = ({ startedAt: at, durationMs }: Sample) =>
    at + durationMs >= done.startedAt && at <= done.endedAt;
  const durations = (samples: readonly Sample[]) => samples.map(({ durationMs }) => durationMs);
  return {
    ...{ job, items: done.items, tookMs: done.endedAt - done.startedAt },
    ...(done.longestMs !== undefined && { longestMs: done.longestMs }),
    beforeMs: durations(before.flat()),
    besideMs: durations(beside.flat().filter(within)),
  };
}
