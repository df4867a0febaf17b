import * as limits from '@headgate/schema';
import { ACTOR_KINDS, QUERY_TYPES, RESOURCE_KINDS, ROLES, SSL_MODES, newId } from '@headgate/schema';
import { createTestDatabase } from '@headgate/testing';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { anotherRow, connectAs, insertRow, sampleRow, tenantTables } from './support.ts';

const database = await createTestDatabase();
const owner = connectAs(database.url);
const tables = await tenantTables(owner);
const ids = { orgId: 'org_a', projectId: newId('prj') as string, databaseId: newId('db') as string };
/** What the tables of projects, databases and idempotency records hold is proved in constraints.test.ts. */
const ELSEWHERE = ['projects', 'databases', 'idempotency_records'];

beforeEach(async () => {
  await owner.unsafe(`truncate ${tables.join(', ')} cascade`);
  await insertRow(owner, 'projects', sampleRow('projects', ids));
  await insertRow(owner, 'databases', sampleRow('databases', ids));
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});

type Over = Record<string, unknown>;

/** Puts a row of this table with these values beside valid ones. */
async function insert(table: string, over: Over): Promise<void> {
  // The organization has its row since it has a project.
  const of = table === 'organizations' ? { ...ids, orgId: 'org_b' } : ids;
  await insertRow(owner, table, { ...anotherRow(table, of), ...over });
}

const SUFFIX = '01h455vb4pex5vsknk084sn02q';
const NOW = new Date('2026-11-21T08:30:00Z');
const JUST_BEFORE = new Date(NOW.getTime() - 1);
const JUST_AFTER = new Date(NOW.getTime() + 1);

/** Each check of a table: what it refuses, and what comes as near to that as may be and is good. */
type Check = [table: string, constraint: string, wrong: Over[], good: Over[]];

const wrongIds = (kind: string): Over[] =>
  [newId('prj'), SUFFIX, `${kind}_8${SUFFIX.slice(1)}`, `${kind}_${SUFFIX}0`].map((id) => ({ id }));
const oneOf = (column: string, words: readonly string[]): [Over[], Over[]] => [
  ['', words[0]?.toUpperCase(), 'neither'].map((word) => ({ [column]: word })),
  words.map((word) => ({ [column]: word })),
];
const atLeast = (column: string, least: number): [Over[], Over[]] => [
  [{ [column]: least - 1 }],
  [{ [column]: least }],
];
const chars = (column: string, most: number): [Over[], Over[]] => [
  [{ [column]: '' }, { [column]: 'n'.repeat(most + 1) }],
  [{ [column]: 'n' }, { [column]: '😀'.repeat(most) }],
];
const range = (column: string, most: number): [Over[], Over[]] => [
  [{ [column]: -1 }, { [column]: most + 1 }],
  [{ [column]: 0 }, { [column]: most }, { [column]: null }],
];
const inOrder: [Over[], Over[]] = [
  [{ created_at: NOW, updated_at: JUST_BEFORE }],
  [{ created_at: NOW, updated_at: NOW }],
];
const hash = (char: string) => ({ hash: char.repeat(64) });
const cidrs = (count: number) => ({ allowed_cidrs: Array.from({ length: count }, () => ({ cidr: '::/0' })) });

const CHECKS: Check[] = [
  ['organizations', 'organizations_org_id_check', ...chars('org_id', limits.MAX_ORGANIZATION_ID_CHARS)],
  ['organizations', 'organizations_project_count_check', ...atLeast('project_count', 0)],
  ...['projects', 'databases_per_project', 'replicas_per_database', 'custom_domains', 'api_keys'].map(
    (name): Check => [
      'organizations',
      `organizations_max_${name}_check`,
      [{ [`max_${name}`]: -1 }],
      [{ [`max_${name}`]: 0 }],
    ],
  ),
  ['organizations', 'organizations_max_requests_per_second_check', ...atLeast('max_requests_per_second', 1)],

  ['audit_entries', 'audit_entries_id_check', wrongIds('aud'), [{ id: newId('aud') }]],
  ['audit_entries', 'audit_entries_actor_kind_check', ...oneOf('actor_kind', ACTOR_KINDS)],
  ['audit_entries', 'audit_entries_resource_kind_check', ...oneOf('resource_kind', RESOURCE_KINDS)],
  [
    'audit_entries',
    'audit_entries_position_check',
    [{ position: 0, previous_hash: 'p', hash: 'h' }],
    [{ position: 1, previous_hash: 'p', hash: 'h' }],
  ],
  [
    'audit_entries',
    'chained_as_a_whole',
    [
      { position: 1 },
      { hash: 'h' },
      { previous_hash: 'p' },
      { position: 1, hash: 'h' },
      { position: 1, previous_hash: 'p' },
      { previous_hash: 'p', hash: 'h' },
    ],
    [{}],
  ],
  ['audit_chains', 'audit_chains_length_check', ...atLeast('length', 0)],

  ['api_keys', 'api_keys_id_check', wrongIds('key'), [{ id: newId('key') }]],
  [
    'api_keys',
    'api_keys_org_id_check',
    ['', 'o'.repeat(limits.MAX_ORGANIZATION_ID_CHARS + 1)].map((id) => ({ org_id: id, project_id: null })),
    ['o', 'o'.repeat(limits.MAX_ORGANIZATION_ID_CHARS)].map((id) => ({ org_id: id, project_id: null })),
  ],
  ['api_keys', 'api_keys_name_check', ...chars('name', limits.MAX_API_KEY_NAME_CHARS)],
  [
    'api_keys',
    'api_keys_hash_check',
    [hash('A'), hash('g'), { hash: 'a'.repeat(63) }, { hash: 'a'.repeat(65) }, { hash: '' }],
    [hash('a'), hash('0')],
  ],
  ['api_keys', 'api_keys_scopes_check', [{ scopes: [] }], [{ scopes: ['projects:read'] }]],
  ['members', 'members_org_id_check', ...chars('org_id', limits.MAX_ORGANIZATION_ID_CHARS)],
  ['members', 'members_user_id_check', ...chars('user_id', limits.MAX_ORGANIZATION_ID_CHARS)],
  ['members', 'members_role_check', ...withNull('role', ROLES)],
  [
    'api_keys',
    'api_keys_check',
    [{ created_at: NOW, expires_at: NOW }],
    [{ created_at: NOW, expires_at: JUST_AFTER }, { expires_at: null }],
  ],
  ['api_keys', 'api_keys_version_check', ...atLeast('version', 1)],
  ['api_keys', 'api_keys_check1', ...inOrder],

  ['replicas', 'replicas_id_check', wrongIds('rep'), [{ id: newId('rep') }]],
  ['replicas', 'replicas_host_check', ...chars('host', limits.MAX_HOST_CHARS)],
  [
    'replicas',
    'replicas_port_check',
    [{ port: limits.MIN_PORT - 1 }, { port: limits.MAX_PORT + 1 }],
    [{ port: limits.MIN_PORT }, { port: limits.MAX_PORT }],
  ],
  ['replicas', 'replicas_ssl_mode_check', ...oneOf('ssl_mode', SSL_MODES)],
  ['replicas', 'replicas_version_check', ...atLeast('version', 1)],
  ['replicas', 'replicas_check', ...inOrder],

  [
    'cache_rules',
    'cache_rules_query_hash_check',
    ['0123456789ABCDEF', '0123456789abcde', '0123456789abcdef0', 'g123456789abcdef', ''].map((text) => ({
      query_hash: text,
    })),
    [{ query_hash: '0123456789abcdef' }],
  ],
  ['cache_rules', 'cache_rules_query_type_check', ...oneOf('query_type', QUERY_TYPES)],
  [
    'cache_rules',
    'cache_rules_cache_ttl_seconds_check',
    ...range('cache_ttl_seconds', limits.MAX_CACHE_TTL_SECONDS),
  ],
  [
    'cache_rules',
    'cache_rules_cache_swr_seconds_check',
    ...range('cache_swr_seconds', limits.MAX_CACHE_SWR_SECONDS),
  ],
  ['cache_rules', 'cache_rules_call_count_check', ...atLeast('call_count', 0)],
  ['cache_rules', 'cache_rules_version_check', ...atLeast('version', 1)],
  ['cache_rules', 'cache_rules_check', ...inOrder],

  ['custom_domains', 'custom_domains_id_check', wrongIds('dom'), [{ id: newId('dom') }]],
  [
    'custom_domains',
    'custom_domains_domain_check',
    // A name has at most 253 characters (RFC 1035, section 2.3.4, less the length bytes of the ends).
    [{ domain: '' }, { domain: 'd'.repeat(254) }],
    [{ domain: 'd' }, { domain: 'd'.repeat(253) }],
  ],
  ['custom_domains', 'custom_domains_name_check', [{ name: 'DB.example.com' }], [{ name: 'db.example.com' }]],
  ['custom_domains', 'custom_domains_version_check', ...atLeast('version', 1)],
  ['custom_domains', 'custom_domains_check', ...inOrder],
  [
    'custom_domains',
    'custom_domains_check1',
    [{ deleted_at: null, deleted_with_project: true }],
    [{ deleted_at: NOW, deleted_with_project: true }, { deleted_at: NOW }],
  ],
];

function withNull(column: string, words: readonly string[]): [Over[], Over[]] {
  const [wrong, good] = oneOf(column, words);
  return [wrong, [...good, { [column]: null }]];
}

describe('every check of the tables', () => {
  test('stands in the list below: a new one enters with what it refuses', async () => {
    const checks = await owner<{ table: string; constraint: string }[]>`
      select conrelid::regclass::text as table, conname as constraint from pg_constraint
      where contype = 'c' and connamespace = 'headgate'::regnamespace
    `;
    const proved = CHECKS.map(([table, constraint]) => `${table} ${constraint}`);
    const there = checks.filter(({ table }) => !ELSEWHERE.includes(table));
    expect(there.map(({ table, constraint }) => `${table} ${constraint}`).toSorted()).toEqual(
      proved.toSorted(),
    );
  });

  test.each(CHECKS)('%s: %s', async (table, constraint, wrong, good) => {
    for (const over of wrong) {
      await expect(insert(table, over), JSON.stringify(over)).rejects.toMatchObject({
        code: '23514',
        constraint_name: constraint,
      });
    }
    for (const over of good) {
      await insert(table, over);
      // One at a time: two good rows may well be in each other's way.
      await owner.unsafe(`truncate headgate.${table}`);
    }
  });
});

describe('the addresses that a project allows', () => {
  const allow = async (value: unknown) =>
    await owner`update headgate.projects set allowed_cidrs = ${value === null ? null : owner.json(value as never)}`;

  test.each([[[]], [cidrs(50).allowed_cidrs], [null]])(
    'may be a list of as many as fifty, or nothing: %#',
    async (value) => {
      expect((await allow(value)).count).toBe(1);
    },
  );

  test.each([[cidrs(51).allowed_cidrs], [{ cidr: '::/0' }], ['::/0'], [1], [true]])(
    'may be nothing else: %#',
    async (value) => {
      await expect(allow(value)).rejects.toMatchObject({ code: '23514' });
    },
  );

  test('may not be the null of JSON, which is another thing than nothing', async () => {
    await expect(owner`update headgate.projects set allowed_cidrs = 'null'::jsonb`).rejects.toMatchObject({
      code: '23514',
    });
  });
});

test('the actor of an idempotency record is of a kind that there is', async () => {
  for (const kind of ACTOR_KINDS) await insert('idempotency_records', { actor_kind: kind });
  await expect(insert('idempotency_records', { actor_kind: 'other' })).rejects.toMatchObject({
    code: '23514',
  });
  await expect(insert('idempotency_records', { actor_kind: null })).rejects.toMatchObject({ code: '23502' });
});

describe('there is one of its kind', () => {
  const UNIQUE_VIOLATION = { code: '23505' };

  test('API key with a hash, whoever has it', async () => {
    await insert('api_keys', hash('a'));
    await expect(
      insert('api_keys', { ...hash('a'), org_id: 'org_b', project_id: null }),
    ).rejects.toMatchObject(UNIQUE_VIOLATION);
  });

  test('entry at a place of the chain of an organization; any number have none yet', async () => {
    const chained = { position: 1, previous_hash: 'p', hash: 'h' };
    await insert('audit_entries', chained);
    await expect(insert('audit_entries', chained)).rejects.toMatchObject(UNIQUE_VIOLATION);
    await insert('audit_entries', { ...chained, position: 2 });
    await insert('audit_entries', { ...chained, org_id: 'org_b' });
    await insert('audit_entries', {});
    await insert('audit_entries', {});
  });

  test('rule of a database for a statement', async () => {
    const rule = { query_hash: '0123456789abcdef' };
    await insert('cache_rules', rule);
    await expect(insert('cache_rules', rule)).rejects.toMatchObject(UNIQUE_VIOLATION);
  });

  test('living domain of a name in a project', async () => {
    const domain = { name: 'db.example.com' };
    await insert('custom_domains', { ...domain, deleted_at: NOW });
    await insert('custom_domains', domain);
    await expect(insert('custom_domains', domain)).rejects.toMatchObject(UNIQUE_VIOLATION);
    await insert('custom_domains', { ...domain, deleted_at: NOW });
  });

  test('verified domain of a name anywhere, among claims that are as many as there are projects', async () => {
    const other = { ...ids, projectId: newId('prj') as string, orgId: 'org_b' };
    await insertRow(owner, 'projects', sampleRow('projects', other));
    const claim = { name: 'db.example.com' };
    const theirs = sampleRow('custom_domains', other, claim);
    await insert('custom_domains', { ...claim, deleted_at: NOW, verified_at: NOW });
    await insert('custom_domains', claim);
    await insertRow(owner, 'custom_domains', theirs);
    const verify = async (org: string) =>
      await owner`update headgate.custom_domains set verified_at = ${NOW} where org_id = ${org} and deleted_at is null`;
    await verify('org_a');
    await expect(verify('org_b')).rejects.toMatchObject({
      ...UNIQUE_VIOLATION,
      constraint_name: 'custom_domains_verified',
    });
    await owner`update headgate.custom_domains set deleted_at = ${NOW} where org_id = 'org_a'`;
    expect((await verify('org_b')).count).toBe(1);
  });
});

describe('what is purged takes along what cannot be without it', () => {
  const counts = async (names: readonly string[]) =>
    await Promise.all(
      names.map(async (table) => {
        const [row] = await owner.unsafe(`select count(*)::int as count from headgate.${table}`);
        return Number(row?.['count']);
      }),
    );

  test('a database its replicas and cache rules', async () => {
    const parts = ['replicas', 'cache_rules'] as const;
    for (const table of parts) await insert(table, {});
    await owner`delete from headgate.databases`;
    expect(await counts(parts)).toEqual([0, 0]);
  });

  test('a project its domains and its keys, and not the keys of the organization', async () => {
    for (const table of ['custom_domains', 'api_keys']) await insert(table, {});
    await insert('api_keys', { project_id: null });
    await owner`delete from headgate.databases`;
    await owner`delete from headgate.projects`;
    expect(await counts(['custom_domains', 'api_keys'])).toEqual([0, 1]);
  });

  test('and leaves the audit log', async () => {
    await insert('audit_entries', {});
    await owner`delete from headgate.databases`;
    await owner`delete from headgate.projects`;
    expect(await counts(['audit_entries'])).toEqual([1]);
  });
});
