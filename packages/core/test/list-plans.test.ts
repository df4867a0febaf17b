import { createTestDatabase } from '@headgate/testing';
import postgres from 'postgres';
import { DEFAULT_LIMITS, LOCAL_REGION } from '@headgate/schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '@headgate/db';
import {
  createDns,
  createVault,
  generateVaultKeys,
  listDatabases,
  listProjects,
  listReplicas,
  openStore,
  parseVaultKeys,
} from '../src/index.ts';
import { getDatabase, getProject, type Context } from '../src/index.ts';
import { encodeCursor, type Cursor } from '../src/page.ts';

const database = await createTestDatabase();
/** Few rows are sorted faster than they are found in order; these settings show what many rows would show. */
const AS_IF_LARGE = { enable_seqscan: 'off', enable_sort: 'off', enable_bitmapscan: 'off', jit: 'off' };
const connection = { role: 'headgate_app', search_path: 'headgate', ...AS_IF_LARGE } as Record<
  string,
  string
>;
const app = postgres(database.url, { max: 1, connection });
const owner = postgres(database.url, { max: 1 });
const store = openStore({ url: database.url, maxConnections: 2 });
beforeAll(seed);
afterAll(async () => {
  await Promise.all([app.end(), owner.end(), store.close()]);
  await database.drop();
});

const PROJECT = 'prj_01h455vb4pex5vsknk084sn02r';
const DATABASE = 'db_01h455vb4pex5vsknk084sn02q';
const REPLICA = 'rep_01h455vb4pex5vsknk084sn02s';

/** One organization among many, with enough rows for an index to be worth it. */
async function seed(): Promise<void> {
  await owner`
    insert into headgate.projects (id, org_id, name, cloud, self_hosted, status, created_at, updated_at)
    select 'prj_' || lpad(i::text, 26, '0'), 'org_' || i % 50, 'name ' || i, 'aws', false, 'active', now(), now()
    from generate_series(1, 2000) i union all select ${PROJECT}, 'org_1', 'n', 'aws', false, 'active', now(), now()
  `;
  await owner`
    insert into headgate.databases (id, org_id, project_id, host, port, name, username, sealed_password, sealing_key_id, ssl_mode,
      cache_enabled, cache_ttl_seconds, cache_max_entries, cache_swr_seconds, pool_size, pool_min_size, pool_mode, pool_max_active,
      created_at, updated_at)
    select 'db_' || lpad(i::text, 26, '0'), p.org_id, p.id, 'h', 1, 'n', 'u', '{}', 'k', 'require', false, 0, 0, 0, 1, 1, 'session', 1,
      now(), now()
    from generate_series(1, 4000) i join headgate.projects p on p.id = 'prj_' || lpad((i % 2000 + 1)::text, 26, '0')
    union all select ${DATABASE}, 'org_1', ${PROJECT}, 'h', 1, 'n', 'u', '{}', 'k', 'require', false, 0, 0, 0, 1, 1, 'session', 1, now(), now()
  `;
  await owner`vacuum analyze`;
}

/** The plans of all statements that a reading verb sends, as the application's role would run them behind the wall. */
async function plansOf(work: (ctx: Context) => Promise<unknown>): Promise<string[]> {
  const plans: string[] = [];
  const explaining: Store = {
    ...store,
    read: async (tenants, query) => {
      const { sql, parameters } = query.compile();
      await app.begin(async (transaction) => {
        await transaction`select set_config('headgate.tenants', ${`{${tenants.join(',')}}`}, true)`;
        const rows = await transaction.unsafe(`explain (costs off) ${sql}`, [...parameters] as never[]);
        plans.push(rows.map((row) => String(row['QUERY PLAN'])).join('\n'));
      });
      return await store.read(tenants, query);
    },
  };
  await work({
    actor: {
      ...{ kind: 'user', id: 'user_1', toldAt: new Date() },
      organizations: [{ id: 'org_1', role: 'viewer' }],
    },
    ...{ requestId: 'r', address: undefined, clock: { now: () => new Date() }, store: explaining },
    vault: await createVault(parseVaultKeys(generateVaultKeys(new Date()))),
    dns: createDns({}),
    settings: { proxyDomain: 'localhost', proxyPort: 6432, regions: [LOCAL_REGION], limits: DEFAULT_LIMITS },
  });
  return plans;
}

const page = { page_size: 20 };
const cursor = (ctx: Context, list: { name: string; kind: 'prj' | 'db' | 'rep'; of: string }, at: Cursor) => {
  const order = {
    name: list.name,
    kind: list.kind,
    key: list.name.endsWith('name') ? 'text' : 'time',
  } as const;
  return encodeCursor(ctx, { order, of: list.of }, at);
};
const NOW = '2026-11-21T08:30:00.000Z';

describe('a page is read along an index, without a sort over all that a tenant has', () => {
  test.each<[what: string, index: string, work: (ctx: Context) => Promise<unknown>]>([
    [
      'projects by age',
      'projects_by_age',
      async (ctx) => await listProjects({ ctx, input: { ...page, org_id: 'org_1', sort_by: 'created_at' } }),
    ],
    [
      'projects by age, a later page',
      'projects_by_age',
      async (ctx) => {
        const page_token = cursor(
          ctx,
          { name: 'projects by created_at', kind: 'prj', of: 'org_1' },
          { key: NOW, id: PROJECT },
        );
        return await listProjects({
          ctx,
          input: { ...page, page_token, org_id: 'org_1', sort_by: 'created_at' },
        });
      },
    ],
    [
      'projects by name',
      'projects_by_name',
      async (ctx) => await listProjects({ ctx, input: { ...page, org_id: 'org_1', sort_by: 'name' } }),
    ],
    [
      'projects by name, a later page',
      'projects_by_name',
      async (ctx) => {
        const page_token = cursor(
          ctx,
          { name: 'projects by name', kind: 'prj', of: 'org_1' },
          { key: 'name 5', id: PROJECT },
        );
        return await listProjects({ ctx, input: { ...page, page_token, org_id: 'org_1', sort_by: 'name' } });
      },
    ],
    [
      'databases by age',
      'databases_by_age',
      async (ctx) => await listDatabases({ ctx, input: { ...page, projectId: PROJECT } }),
    ],
    [
      'databases by age, a later page',
      'databases_by_age',
      async (ctx) => {
        const page_token = cursor(
          ctx,
          { name: 'databases by created_at', kind: 'db', of: PROJECT },
          { key: NOW, id: DATABASE },
        );
        return await listDatabases({ ctx, input: { ...page, page_token, projectId: PROJECT } });
      },
    ],
    [
      'replicas by age, all of them',
      'replicas_by_age',
      async (ctx) => await listReplicas({ ctx, input: { databaseId: DATABASE } }),
    ],
    [
      'replicas by age, a later page',
      'replicas_by_age',
      async (ctx) => {
        const page_token = cursor(
          ctx,
          { name: 'replicas by created_at', kind: 'rep', of: DATABASE },
          { key: NOW, id: REPLICA },
        );
        return await listReplicas({ ctx, input: { ...page, page_token, databaseId: DATABASE } });
      },
    ],
  ])('%s by %s', async (_what, index, work) => {
    const plans = await plansOf(work);
    const listing = plans.find((plan) => plan.startsWith('Limit'));
    expect(listing).toContain(index);
    expect(listing).not.toContain('Sort');
    for (const plan of plans) expect(plan).not.toContain('Seq Scan');
  });
});

describe('one resource is found by its key', () => {
  test('a project', async () => {
    const [plan] = await plansOf(async (ctx) => await getProject({ ctx, input: { projectId: PROJECT } }));
    expect(plan).toMatch(/Index Scan using projects_(pkey|id_org_id_key)/);
  });

  test('a database', async () => {
    const input = { projectId: PROJECT, databaseId: DATABASE };
    const [plan] = await plansOf(async (ctx) => await getDatabase({ ctx, input }));
    expect(plan).toContain('Index Scan using databases_pkey');
  });
});

describe('the wall', () => {
  test('asks for the tenants once a statement, not once a row', async () => {
    const plans = await plansOf(
      async (ctx) => await listDatabases({ ctx, input: { ...page, projectId: PROJECT } }),
    );
    for (const plan of plans) expect(plan).toMatch(/InitPlan/);
  });
});

describe('upkeep finds its rows by an index', () => {
  test.each([
    ['databases_deleted', `select id from headgate.databases where deleted_at <= now() limit 500`],
    ['replicas_deleted', `select id from headgate.replicas where deleted_at <= now() limit 500`],
    ['projects_deleted', `select id from headgate.projects where deleted_at <= now() limit 500`],
    [
      'idempotency_records_by_expiry',
      `select key from headgate.idempotency_records where expires_at <= now() limit 500`,
    ],
  ])('%s', async (index, statement) => {
    await owner`set enable_seqscan = off`;
    const plan = await owner.unsafe(`explain (costs off) ${statement}`);
    expect(plan.map((row) => String(row['QUERY PLAN'])).join('\n')).toContain(index);
  });
});
