import { createTestDatabase } from '@headgate/testing';
import postgres from 'postgres';
import { DEFAULT_LIMITS, LOCAL_REGION } from '@headgate/schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '@headgate/db';
import {
  createDns,
  createUpstream,
  createUpstreamPlaces,
  createVault,
  generateVaultKeys,
  listApiKeys,
  listCacheRules,
  listCertificates,
  listCustomDomains,
  listDatabases,
  listProjects,
  listReplicas,
  listReplicationSlots,
  listSchemaSnapshots,
  openStore,
  parseVaultKeys,
} from '../src/index.ts';
import { getDatabase, getProject, type Context } from '../src/index.ts';
import { encodeCursor, type Cursor, type Order, type PageInput } from '../src/page.ts';

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
const DOMAIN = 'dom_01h455vb4pex5vsknk084sn02t';
const CERTIFICATE = 'cert_01h455vb4pex5vsknk084sn02t';
const SNAPSHOT = 'snap_01h455vb4pex5vsknk084sn02t';
const SLOT = 'slot_01h455vb4pex5vsknk084sn02t';
const KEY = 'key_01h455vb4pex5vsknk084sn02v';
const QUERY_HASH = 'f'.repeat(16);

/** One organization among many, with enough rows for an index to be worth it. */
async function seed(): Promise<void> {
  await owner`
    insert into headgate.projects (id, org_id, name, cloud, self_hosted, status, created_at, updated_at)
    select 'prj_' || lpad(i::text, 26, '0'), 'org_' || i % 50, 'name ' || i, 'aws', false, 'active', now(), now()
    from generate_series(1, 2000) i union all select ${PROJECT}, 'org_1', 'n', 'aws', false, 'active', now(), now()
  `;
  await owner`
    insert into headgate.databases (id, org_id, project_id, host, port, name, username, sealed_password, sealing_key_id,
      password_id, ssl_mode, cache_enabled, cache_ttl_seconds, cache_max_entries, cache_swr_seconds, pool_size, pool_min_size, pool_mode, pool_max_active,
      created_at, updated_at)
    select 'db_' || lpad(i::text, 26, '0'), p.org_id, p.id, 'h', 1, 'n', 'u', '{}', 'k', 'p', 'require', false, 0, 0, 0, 1, 1, 'session', 1,
      now(), now()
    from generate_series(1, 4000) i join headgate.projects p on p.id = 'prj_' || lpad((i % 2000 + 1)::text, 26, '0')
    union all select ${DATABASE}, 'org_1', ${PROJECT}, 'h', 1, 'n', 'u', '{}', 'k', 'p', 'require', false, 0, 0, 0, 1, 1, 'session', 1, now(), now()
  `;
  await owner`
    insert into headgate.replicas (id, org_id, project_id, database_id, host, port, ssl_mode, created_at, updated_at)
    select 'rep_' || right(d.id, 26), d.org_id, d.project_id, d.id, 'h', 1, 'require', now(), now() from headgate.databases d
  `;
  await owner`
    insert into headgate.cache_rules (org_id, project_id, database_id, query_hash, normalized_sql, query_type, cache_enabled,
      created_at, updated_at)
    select d.org_id, d.project_id, d.id, lpad(to_hex(i), 16, '0'), 's', 'read', true, now(), now()
    from headgate.databases d, generate_series(1, 3) i
  `;
  await owner`
    insert into headgate.custom_domains (id, org_id, project_id, domain, name, verification_token, created_at, updated_at)
    select 'dom_' || right(p.id, 26), p.org_id, p.id, 'd.example', 'd.example', 't', now(), now() from headgate.projects p
  `;
  await owner`
    insert into headgate.certificates (id, org_id, project_id, name, kind, pem, chain, not_after, created_at, updated_at)
    select 'cert_' || right(p.id, 26), p.org_id, p.id, 'n', 'ca', 'p', '[]', now(), now(), now() from headgate.projects p
  `;
  await owner`
    insert into headgate.schema_snapshots (id, org_id, project_id, database_id, hash, summary, body, created_at)
    select 'snap_' || right(d.id, 26), d.org_id, d.project_id, d.id, repeat('0', 64), '{}', '', now()
    from headgate.databases d
  `;
  await owner`
    insert into headgate.replication_slots (id, org_id, project_id, database_id, slot_name, publication_name, status,
      upstream, created_at, updated_at)
    select 'slot_' || right(d.id, 26), d.org_id, d.project_id, d.id, lower(right(d.id, 26)), 'p', 'active', 'h:1', now(), now()
    from headgate.databases d
  `;
  await owner`
    insert into headgate.api_keys (id, org_id, name, hash, hint, scopes, owner_id, created_at, updated_at)
    select 'key_' || lpad(i::text, 26, '0'), 'org_' || i % 50, 'n', lpad(to_hex(i), 64, '0'), 'h', '{projects:read}',
      'user_' || i % 200, now(), now()
    from generate_series(1, 4000) i
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
    upstream: createUpstream({ allowedCidrs: [] }),
    upstreamPlaces: createUpstreamPlaces(),
    settings: { proxyDomain: 'localhost', proxyPort: 6432, regions: [LOCAL_REGION], limits: DEFAULT_LIMITS },
  });
  return plans;
}

const NOW = '2026-11-21T08:30:00.000Z';

interface Listing {
  readonly index: string;
  readonly kind: Order['kind'];
  /** What it is a list of, as its tokens name it. */
  readonly of: string;
  /** The last item of a page. */
  readonly last: Cursor;
  readonly list: (ctx: Context, page: PageInput) => Promise<unknown>;
}

const asOwner = (ctx: Context): Context => ({
  ...ctx,
  actor: { kind: 'user', id: 'user_2', toldAt: new Date(), organizations: [{ id: 'org_1', role: 'owner' }] },
});
const ofProject = { projectId: PROJECT };
const ofDatabase = { ...ofProject, databaseId: DATABASE };

/** Every list, by the name of its order. */
const LISTS: Record<string, Listing> = {
  'projects by created_at': {
    ...{ index: 'projects_by_age', kind: 'prj', of: 'org_1', last: { key: NOW, id: PROJECT } },
    list: async (ctx, page) =>
      await listProjects({ ctx, input: { ...page, org_id: 'org_1', sort_by: 'created_at' } }),
  },
  'projects by name': {
    ...{ index: 'projects_by_name', kind: 'prj', of: 'org_1', last: { key: 'name 5', id: PROJECT } },
    list: async (ctx, page) =>
      await listProjects({ ctx, input: { ...page, org_id: 'org_1', sort_by: 'name' } }),
  },
  'databases by created_at': {
    ...{ index: 'databases_by_age', kind: 'db', of: PROJECT, last: { key: NOW, id: DATABASE } },
    list: async (ctx, page) => await listDatabases({ ctx, input: { ...page, ...ofProject } }),
  },
  'replicas by created_at': {
    ...{ index: 'replicas_by_age', kind: 'rep', of: DATABASE, last: { key: NOW, id: REPLICA } },
    list: async (ctx, page) => await listReplicas({ ctx, input: { ...page, databaseId: DATABASE } }),
  },
  'cache rules by created_at': {
    ...{ index: 'cache_rules_by_age', kind: 'query_hash', of: DATABASE, last: { key: NOW, id: QUERY_HASH } },
    list: async (ctx, page) => await listCacheRules({ ctx, input: { ...page, ...ofDatabase } }),
  },
  'custom domains by created_at': {
    ...{ index: 'custom_domains_by_age', kind: 'dom', of: PROJECT, last: { key: NOW, id: DOMAIN } },
    list: async (ctx, page) => await listCustomDomains({ ctx, input: { ...page, ...ofProject } }),
  },
  'certificates by created_at': {
    ...{ index: 'certificates_by_age', kind: 'cert', of: PROJECT, last: { key: NOW, id: CERTIFICATE } },
    list: async (ctx, page) => await listCertificates({ ctx, input: { ...page, ...ofProject } }),
  },
  'schema snapshots by created_at': {
    ...{ index: 'schema_snapshots_by_age', kind: 'snap', of: DATABASE, last: { key: NOW, id: SNAPSHOT } },
    list: async (ctx, page) => await listSchemaSnapshots({ ctx, input: { ...page, ...ofDatabase } }),
  },
  'replication slots by created_at': {
    ...{ index: 'replication_slots_by_age', kind: 'slot', of: DATABASE, last: { key: NOW, id: SLOT } },
    list: async (ctx, page) => await listReplicationSlots({ ctx, input: { ...page, ...ofDatabase } }),
  },
  'API keys by created_at': {
    ...{ index: 'api_keys_by_age', kind: 'key', of: '["org_1",null]', last: { key: NOW, id: KEY } },
    list: async (ctx, page) => await listApiKeys({ ctx: asOwner(ctx), input: { ...page, orgId: 'org_1' } }),
  },
};

describe.each(Object.entries(LISTS))('%s are read along an index, without a sort', (name, listing) => {
  const { index, kind, of, last, list } = listing;
  const order = { name, kind, key: name.endsWith('name') ? 'text' : 'time' } as const;

  test('the first page', async () => {
    expectAlong(index, await plansOf(async (ctx) => await list(ctx, { page_size: 20 })));
  });

  test('a later page, which begins where the one before ended', async () => {
    const plans = await plansOf(async (ctx) => {
      const page_token = encodeCursor(ctx, { order, of }, last);
      return await list(ctx, { page_size: 20, page_token });
    });
    expectAlong(index, plans);
    expect(plans.join('\n')).toMatch(/Index Cond: .*ROW\(/);
  });
});

describe('lists that are asked for otherwise', () => {
  test('all replicas of a database at once', async () => {
    const all = async (ctx: Context) => await listReplicas({ ctx, input: { databaseId: DATABASE } });
    expectAlong('replicas_by_age', await plansOf(all));
  });

  test('the API keys of a member, to whom only its own exist', async () => {
    const own = async (ctx: Context) => await listApiKeys({ ctx, input: { page_size: 20, orgId: 'org_1' } });
    expectAlong('api_keys_by_age', await plansOf(own));
  });
});

function expectAlong(index: string, plans: readonly string[]): void {
  const listing = plans.find((plan) => plan.startsWith('Limit'));
  expect(listing).toMatch(new RegExp(`using ${index}\\b`));
  for (const plan of plans) expect(plan).not.toMatch(/Sort|Seq Scan/);
}

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
      async (ctx) => await listDatabases({ ctx, input: { page_size: 20, ...ofProject } }),
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
