import * as limits from '@headgate/schema';
import {
  ACTOR_KINDS,
  CERTIFICATE_KINDS,
  QUERY_TYPES,
  RESOURCE_KINDS,
  ROLES,
  SLOT_STATUSES,
  SSL_MODES,
  newId,
} from '@headgate/schema';
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
/** A certificate of a client, with its key. */
const ofClient = { kind: 'client', sealed_private_key: '{}', sealing_key_id: 'k' };
/** The connection of a standby's primary, for a slot. */
const ofPrimary = {
  ...{ primary_host: 'h', primary_port: 5432, primary_database: 'd', primary_username: 'u' },
  ...{ primary_ssl_mode: 'require', sealed_primary_password: '{}', sealing_key_id: 'k' },
};
const withPrimary = ([wrong, good]: [Over[], Over[]]): [Over[], Over[]] => [
  wrong.map((over) => ({ ...ofPrimary, ...over })),
  good.map((over) => ({ ...ofPrimary, ...over })),
];
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

  ['certificates', 'certificates_id_check', wrongIds('cert'), [{ id: newId('cert') }]],
  ['certificates', 'certificates_name_check', ...chars('name', limits.MAX_CERTIFICATE_NAME_CHARS)],
  [
    'certificates',
    'certificates_kind_check',
    // A client's has a key with it, and only a client's has.
    [{ kind: '' }, { kind: 'CA' }, { kind: 'server' }],
    CERTIFICATE_KINDS.map((kind) => (kind === 'client' ? ofClient : { kind })),
  ],
  [
    'certificates',
    'certificates_pem_check',
    [{ pem: '' }, { pem: 'p'.repeat(limits.MAX_CERTIFICATE_PEM_CHARS + 1) }],
    [{ pem: 'p' }, { pem: 'p'.repeat(limits.MAX_CERTIFICATE_PEM_CHARS) }],
  ],
  [
    'certificates',
    'certificates_chain_check',
    // As text: postgres.js would write it as JSON once more.
    [{ chain: {} }, { chain: '[]' }, { chain: 1 }],
    [{ chain: [] }, { chain: [{}] }],
  ],
  ['certificates', 'certificates_version_check', ...atLeast('version', 1)],
  ['certificates', 'certificates_check', ...inOrder],
  [
    'certificates',
    'client_has_a_key',
    [{ kind: 'client' }, { ...ofClient, kind: 'ca' }],
    [{ kind: 'ca' }, ofClient],
  ],
  [
    'certificates',
    'sealed_under_a_key',
    [{ ...ofClient, sealing_key_id: null }, { sealing_key_id: 'k' }],
    [ofClient, {}],
  ],
  [
    'certificates',
    'deleted_with_project_is_deleted',
    [{ deleted_at: null, deleted_with_project: true }],
    [{ deleted_at: NOW, deleted_with_project: true }, { deleted_at: NOW }],
  ],

  ['schema_snapshots', 'schema_snapshots_id_check', wrongIds('snap'), [{ id: newId('snap') }]],
  [
    'schema_snapshots',
    'schema_snapshots_hash_check',
    [hash('A'), hash('g'), { hash: 'a'.repeat(63) }, { hash: 'a'.repeat(65) }, { hash: '' }],
    [hash('a'), hash('0')],
  ],

  ['replication_slots', 'replication_slots_id_check', wrongIds('slot'), [{ id: newId('slot') }]],
  [
    'replication_slots',
    'replication_slots_slot_name_check',
    // PostgreSQL manual, section 26.2.6: lower-case letters, digits and underscores.
    ['', 'Slot', 'a-b', 'a b', 'é', 's'.repeat(64)].map((name) => ({ slot_name: name })),
    ['s', '0_', 's'.repeat(63)].map((name) => ({ slot_name: name })),
  ],
  ['replication_slots', 'replication_slots_publication_name_check', ...chars('publication_name', 63)],
  ['replication_slots', 'replication_slots_status_check', ...oneOf('status', SLOT_STATUSES)],
  ['replication_slots', 'replication_slots_upstream_check', ...chars('upstream', 300)],
  [
    'replication_slots',
    'replication_slots_primary_host_check',
    ...withPrimary(chars('primary_host', limits.MAX_HOST_CHARS)),
  ],
  [
    'replication_slots',
    'replication_slots_primary_port_check',
    ...withPrimary([
      [{ primary_port: limits.MIN_PORT - 1 }, { primary_port: limits.MAX_PORT + 1 }],
      [{ primary_port: limits.MIN_PORT }, { primary_port: limits.MAX_PORT }],
    ]),
  ],
  [
    'replication_slots',
    'replication_slots_primary_database_check',
    ...withPrimary(chars('primary_database', limits.MAX_DATABASE_NAME_CHARS)),
  ],
  [
    'replication_slots',
    'replication_slots_primary_username_check',
    ...withPrimary(chars('primary_username', limits.MAX_USERNAME_CHARS)),
  ],
  [
    'replication_slots',
    'replication_slots_primary_ssl_mode_check',
    ...withPrimary(oneOf('primary_ssl_mode', SSL_MODES)),
  ],
  [
    'replication_slots',
    'primary_as_a_whole',
    Object.entries(ofPrimary).flatMap(([column, value]) => [
      { ...ofPrimary, [column]: null },
      { [column]: value },
    ]),
    [ofPrimary, {}],
  ],
  ['replication_slots', 'replication_slots_version_check', ...atLeast('version', 1)],
  ['replication_slots', 'replication_slots_check', ...inOrder],
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
      await owner.unsafe(`delete from headgate.${table}`);
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

describe('there is one of its kind: a slot of an upstream', () => {
  const slot = { upstream: 'db.example.com:5432', slot_name: 's' };
  const other = {
    ...ids,
    orgId: 'org_b',
    projectId: newId('prj') as string,
    databaseId: newId('db') as string,
  };

  test('that lives, in an organization; another one may say the same of an upstream of its own', async () => {
    for (const table of ['projects', 'databases']) await insertRow(owner, table, sampleRow(table, other));
    await insert('replication_slots', { ...slot, deleted_at: NOW });
    await insert('replication_slots', slot);
    await expect(insert('replication_slots', slot)).rejects.toMatchObject({
      code: '23505',
      constraint_name: 'replication_slots_of_upstream',
    });
    await insert('replication_slots', { ...slot, slot_name: 't' });
    await insert('replication_slots', { ...slot, upstream: 'db.example.com:5433' });
    await insertRow(owner, 'replication_slots', sampleRow('replication_slots', other, slot));
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

  test('a database its replicas, cache rules, snapshots and slots', async () => {
    const parts = ['replicas', 'cache_rules', 'schema_snapshots', 'replication_slots'] as const;
    for (const table of parts) await insert(table, {});
    await owner`delete from headgate.databases`;
    expect(await counts(parts)).toEqual([0, 0, 0, 0]);
  });

  test('a project its domains, certificates and keys, and not the keys of the organization', async () => {
    for (const table of ['custom_domains', 'certificates', 'api_keys']) await insert(table, {});
    await insert('api_keys', { project_id: null });
    await owner`delete from headgate.databases`;
    await owner`delete from headgate.projects`;
    expect(await counts(['custom_domains', 'certificates', 'api_keys'])).toEqual([0, 0, 1]);
  });

  test('a certificate nothing but what names it, and a database and a replica stay without it', async () => {
    const authority = newId('cert') as string;
    const client = newId('cert') as string;
    await insert('certificates', { id: authority });
    await insert('certificates', { id: client, ...ofClient });
    const names = { ca_certificate_id: authority, client_certificate_id: client };
    await insert('databases', names);
    await insert('replicas', names);
    const named = async (table: string) => [
      ...(await owner.unsafe(
        `select ca_certificate_id as ca, client_certificate_id as client, project_id from headgate.${table}
         where id in (select max(id) from headgate.${table})`,
      )),
    ];
    await owner`delete from headgate.certificates where id = ${authority}`;
    for (const table of ['databases', 'replicas'])
      expect(await named(table)).toEqual([{ ca: null, client, project_id: ids.projectId }]);
    await owner`delete from headgate.certificates`;
    for (const table of ['databases', 'replicas'])
      expect(await named(table)).toEqual([{ ca: null, client: null, project_id: ids.projectId }]);
  });

  test('and leaves the audit log', async () => {
    await insert('audit_entries', {});
    await owner`delete from headgate.databases`;
    await owner`delete from headgate.projects`;
    expect(await counts(['audit_entries'])).toEqual([1]);
  });
});
