import * as limits from '@headgate/schema';
import {
  CLOUDS,
  DATABASE_ROLES,
  POOL_MODES,
  PROJECT_STATUSES,
  PROVIDERS,
  SSL_MODES,
  newId,
} from '@headgate/schema';
import { createTestDatabase } from '@headgate/testing';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { connectAs, insertRow, sampleRow, tenantTables } from './support.ts';

const database = await createTestDatabase();
const owner = connectAs(database.url);
const tables = await tenantTables(owner);
const ids = { orgId: 'org_a', projectId: newId('prj') as string };
const CHECK_VIOLATION = { code: '23514' };

beforeEach(async () => {
  await owner.unsafe(`truncate ${tables.join(', ')} cascade`);
  await insertRow(owner, 'projects', sampleRow('projects', ids));
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});

type Over = Record<string, unknown>;

/** Puts a row of this table with these values beside valid ones; a project under an id of its own. */
async function insert(table: string, over: Over): Promise<void> {
  await insertRow(
    owner,
    table,
    sampleRow(table, ids, { ...(table === 'projects' && { id: newId('prj') }), ...over }),
  );
}

const wide = { pool_size: 1, pool_min_size: 1, pool_max_active: limits.MAX_POOL_CONNECTIONS };

/** Credentials that come after those in force, or came before them. */
function credentials(when: 'staged' | 'previous'): Over {
  return {
    [`${when}_username`]: 'u',
    [`${when}_sealed_password`]: '{}',
    [`${when}_sealing_key_id`]: 'k',
    [`${when}_password_id`]: 'p',
    [when === 'staged' ? 'staged_at' : 'previous_until']: new Date(1000),
  };
}

/** Each bound of the contract that the tables hold too: the last value that is good, and the first beyond it. */
const BOUNDS: [table: string, column: string, good: unknown, beyond: unknown, beside?: Over][] = [
  [
    'projects',
    'org_id',
    'o'.repeat(limits.MAX_ORGANIZATION_ID_CHARS),
    'o'.repeat(limits.MAX_ORGANIZATION_ID_CHARS + 1),
  ],
  ['projects', 'org_id', 'o', ''],
  [
    'projects',
    'name',
    '😀'.repeat(limits.MAX_PROJECT_NAME_CHARS),
    'n'.repeat(limits.MAX_PROJECT_NAME_CHARS + 1),
  ],
  ['projects', 'name', 'n', ''],
  [
    'projects',
    'description',
    'é'.repeat(limits.MAX_PROJECT_DESCRIPTION_CHARS),
    'd'.repeat(limits.MAX_PROJECT_DESCRIPTION_CHARS + 1),
  ],
  ['projects', 'description', null, ''],
  [
    'projects',
    'tags',
    Array.from({ length: limits.MAX_TAGS }, String),
    Array.from({ length: limits.MAX_TAGS + 1 }, String),
  ],
  ['projects', 'version', 1, 0],
  ['databases', 'host', 'h'.repeat(limits.MAX_HOST_CHARS), 'h'.repeat(limits.MAX_HOST_CHARS + 1)],
  ['databases', 'port', limits.MAX_PORT, limits.MAX_PORT + 1],
  ['databases', 'port', limits.MIN_PORT, limits.MIN_PORT - 1],
  [
    'databases',
    'name',
    '😀'.repeat(limits.MAX_DATABASE_NAME_CHARS),
    'n'.repeat(limits.MAX_DATABASE_NAME_CHARS + 1),
  ],
  ['databases', 'username', 'u'.repeat(limits.MAX_USERNAME_CHARS), 'u'.repeat(limits.MAX_USERNAME_CHARS + 1)],
  [
    'databases',
    'pool_region',
    'r'.repeat(limits.MAX_REGION_ID_CHARS),
    'r'.repeat(limits.MAX_REGION_ID_CHARS + 1),
  ],
  ['databases', 'pool_region', null, ''],
  ['databases', 'query_timeout_ms', limits.MAX_QUERY_TIMEOUT_MS, limits.MAX_QUERY_TIMEOUT_MS + 1],
  ['databases', 'query_timeout_ms', 0, -1],
  ['databases', 'cache_ttl_seconds', limits.MAX_CACHE_TTL_SECONDS, limits.MAX_CACHE_TTL_SECONDS + 1],
  ['databases', 'cache_ttl_seconds', 0, -1],
  ['databases', 'cache_swr_seconds', limits.MAX_CACHE_SWR_SECONDS, limits.MAX_CACHE_SWR_SECONDS + 1],
  ['databases', 'cache_swr_seconds', 0, -1],
  ['databases', 'cache_max_entries', limits.MAX_CACHE_ENTRIES, limits.MAX_CACHE_ENTRIES + 1],
  ['databases', 'cache_max_entries', 0, -1],
  ['databases', 'pool_max_active', limits.MAX_POOL_CONNECTIONS, limits.MAX_POOL_CONNECTIONS + 1],
  ['databases', 'pool_size', limits.MAX_POOL_CONNECTIONS, limits.MAX_POOL_CONNECTIONS + 1, wide],
  ['databases', 'pool_min_size', 1, 0, wide],
  [
    'databases',
    'excluded_schemas',
    Array.from({ length: limits.MAX_EXCLUDED_SCHEMAS }, String),
    Array.from({ length: limits.MAX_EXCLUDED_SCHEMAS + 1 }, String),
  ],
  ['databases', 'excluded_schemas', [], Array.from({ length: limits.MAX_EXCLUDED_SCHEMAS + 1 }, String)],
  ...(['staged', 'previous'] as const).flatMap((when): typeof BOUNDS => [
    [
      'databases',
      `${when}_username`,
      '😀'.repeat(limits.MAX_USERNAME_CHARS),
      'u'.repeat(limits.MAX_USERNAME_CHARS + 1),
      credentials(when),
    ],
    ['databases', `${when}_username`, 'u', '', credentials(when)],
  ]),
  ['databases', 'version', 1, 0],
  [
    'idempotency_records',
    'key',
    'k'.repeat(limits.MAX_IDEMPOTENCY_KEY_CHARS),
    'k'.repeat(limits.MAX_IDEMPOTENCY_KEY_CHARS + 1),
  ],
  ['idempotency_records', 'key', 'k', ''],
];

describe('the tables hold the bounds of the contract', () => {
  test.each(BOUNDS)('%s.%s', async (...[table, column, good, beyond, beside]) => {
    await expect(insert(table, { ...beside, [column]: beyond })).rejects.toMatchObject(CHECK_VIOLATION);
    await insert(table, { ...beside, [column]: good });
  });

  test.each([
    ['projects', 'cloud', CLOUDS],
    ['projects', 'status', PROJECT_STATUSES],
    ['databases', 'ssl_mode', SSL_MODES],
    ['databases', 'role', DATABASE_ROLES],
    ['databases', 'pool_mode', POOL_MODES],
    ['databases', 'provider', PROVIDERS],
  ] as const)('%s.%s takes each word of the contract and no other', async (table, column, words) => {
    for (const word of words) await insert(table, { [column]: word });
    for (const wrong of ['', words[0].toUpperCase(), 'other']) {
      await expect(insert(table, { [column]: wrong }), wrong).rejects.toMatchObject(CHECK_VIOLATION);
    }
  });

  test.each([
    ['projects', 'prj'],
    ['databases', 'db'],
    ['audit_entries', 'aud'],
  ] as const)('%s.id takes ids of its own kind only', async (table, kind) => {
    await insert(table, { id: newId(kind) });
    const suffix = newId(kind).slice(kind.length + 1);
    for (const wrong of [
      newId('key'),
      suffix,
      `${kind}_${suffix.toUpperCase()}`,
      `${kind}_8${suffix.slice(1)}`,
      `${kind}_${suffix}0`,
    ]) {
      await expect(insert(table, { id: wrong }), wrong).rejects.toMatchObject(CHECK_VIOLATION);
    }
  });
});

describe('rules between columns', () => {
  const unset = { sealed_password: null, sealing_key_id: null, password_id: null };
  const blank = { host: '', port: 0, name: '', username: '', ...unset };
  test.each<[constraint: string, what: string, over: Over]>([
    ['pool_sizes_in_order', 'a minimum above the size', { pool_min_size: 11, pool_size: 10 }],
    ['pool_sizes_in_order', 'a size above what is active at most', { pool_size: 201, pool_max_active: 200 }],
    ['configured_or_blank', 'a database without host', { host: '' }],
    ['configured_or_blank', 'a database without port', { port: 0 }],
    ['configured_or_blank', 'a database without name', { name: '' }],
    ['configured_or_blank', 'a database without user', { username: '' }],
    ['configured_or_blank', 'a database without password', unset],
    [
      'configured_or_blank',
      'a blank one with a password',
      { ...blank, sealed_password: '{}', sealing_key_id: 'k', password_id: 'p' },
    ],
    ['configured_or_blank', 'a blank one with a host', { ...blank, host: 'h' }],
    ['configured_or_blank', 'a blank one with a port', { ...blank, port: 1 }],
    ['sealed_under_a_key', 'a password without its key', { sealing_key_id: null }],
    ['sealed_under_a_key', 'a key without a password', { ...blank, sealing_key_id: 'k' }],
    ['password_has_a_name', 'a password without its name', { password_id: null }],
    ['password_has_a_name', 'a name without a password', { ...blank, password_id: 'p' }],
    [
      'deleted_with_project_is_deleted',
      'a living one that was deleted with its project',
      { deleted_with_project: true },
    ],
  ])('%s refuses %s', async (constraint, _what, over) => {
    await expect(insert('databases', over)).rejects.toMatchObject({
      ...CHECK_VIOLATION,
      constraint_name: constraint,
    });
  });

  test.each(['staged', 'previous'] as const)(
    '%s credentials are there as a whole or not at all',
    async (when) => {
      for (const [column, value] of Object.entries(credentials(when))) {
        for (const part of [{ [column]: value }, { ...credentials(when), [column]: null }]) {
          await expect(insert('databases', part), JSON.stringify(part)).rejects.toMatchObject({
            ...CHECK_VIOLATION,
            constraint_name: `${when}_as_a_whole`,
          });
        }
      }
      await insert('databases', credentials(when));
    },
  );

  test.each<[what: string, over: Over]>([
    ['equal sizes', { pool_min_size: 7, pool_size: 7, pool_max_active: 7 }],
    ['a blank primary', blank],
    ['one that was deleted with its project', { deleted_at: new Date(), deleted_with_project: true }],
  ])('%s is taken', async (_what, over) => {
    await insert('databases', over);
  });

  test.each(['projects', 'databases'])('%s cannot be changed before it was created', async (table) => {
    const times = { created_at: new Date(2000), updated_at: new Date(1000) };
    await expect(insert(table, times)).rejects.toMatchObject(CHECK_VIOLATION);
  });

  test('an idempotency record expires after it was made', async () => {
    const at = new Date(1000);
    await expect(insert('idempotency_records', { created_at: at, expires_at: at })).rejects.toMatchObject(
      CHECK_VIOLATION,
    );
  });
});

describe('a database and its project', () => {
  const FOREIGN_KEY_VIOLATION = { code: '23503' };

  test('are of one organization: the foreign key holds both together', async () => {
    await expect(insert('databases', { org_id: 'org_b' })).rejects.toMatchObject(FOREIGN_KEY_VIOLATION);
    await expect(insert('databases', { project_id: newId('prj') })).rejects.toMatchObject(
      FOREIGN_KEY_VIOLATION,
    );
    await insert('databases', {});
    await expect(owner`update headgate.projects set org_id = 'org_b'`).rejects.toMatchObject(
      FOREIGN_KEY_VIOLATION,
    );
    await expect(owner`update headgate.databases set org_id = 'org_b'`).rejects.toMatchObject(
      FOREIGN_KEY_VIOLATION,
    );
  });

  test('go in order: a project that still has one is not removed', async () => {
    await insert('databases', {});
    await expect(owner`delete from headgate.projects`).rejects.toMatchObject(FOREIGN_KEY_VIOLATION);
    await owner`delete from headgate.databases`;
    expect((await owner`delete from headgate.projects`).count).toBe(1);
  });
});

test('one actor has one record of an idempotency key', async () => {
  await insert('idempotency_records', { actor_id: 'user_1', key: 'k' });
  await insert('idempotency_records', { actor_id: 'user_2', key: 'k' });
  await insert('idempotency_records', { actor_kind: 'api_key', actor_id: 'user_1', key: 'k' });
  const again = insert('idempotency_records', { actor_id: 'user_1', key: 'k', org_id: 'org_b' });
  await expect(again).rejects.toMatchObject({ code: '23505' });
});

test('an answer that is kept is given again as it was, to the last space', async () => {
  const answer = '{"b": 1,  "a": "é", "b": 2}';
  await insert('idempotency_records', {});
  await owner`update headgate.idempotency_records set answer = ${answer}::text::json`;
  expect(await owner`select answer::text from headgate.idempotency_records`).toEqual([{ answer }]);
});
