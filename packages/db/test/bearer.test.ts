import { createTestDatabase } from '@headgate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore, query, type Store } from '../src/index.ts';
import { connectAs, insertRow, sampleRow, seedOrganization, tenantTables } from './support.ts';

const database = await createTestDatabase();
const owner = connectAs(database.url);
const tables = await tenantTables(owner);
const HASH = 'a'.repeat(64);
const OTHER_HASH = 'b'.repeat(64);
const FOREIGN_HASH = 'c'.repeat(64);

let store: Store;
beforeAll(async () => {
  // One connection, so that each statement comes after the one before it on the same one.
  store = openStore({ url: database.url, maxConnections: 1 });
  const own = await seedOrganization(owner, tables, 'org_a');
  const foreign = await seedOrganization(owner, tables, 'org_b');
  await insertRow(owner, 'api_keys', sampleRow('api_keys', own, { hash: HASH }));
  await insertRow(owner, 'api_keys', sampleRow('api_keys', own, { hash: OTHER_HASH }));
  await insertRow(owner, 'api_keys', sampleRow('api_keys', foreign, { hash: FOREIGN_HASH }));
});
afterAll(async () => {
  await Promise.all([store.close(), owner.end()]);
  await database.drop();
});

const keys = query.selectFrom('api_keys').select(['org_id', 'hash']);
const raw = (sql: string) => ({ compile: () => ({ sql, parameters: [] }) }) as never;
const session = raw(`select headgate.presented_key() as presented, headgate.tenants() as tenants`);
const asTenant = async () =>
  await store.read(['org_a'], query.selectFrom('api_keys').select('hash').orderBy('hash'));

describe('who presents an API key', () => {
  test.each([
    ['org_a', HASH],
    ['org_a', OTHER_HASH],
    ['org_b', FOREIGN_HASH],
  ])('is shown the row of that key and no other, in %s', async (orgId, hash) => {
    expect(await store.readAsBearer(hash, keys)).toEqual([{ org_id: orgId, hash }]);
    expect(await store.readAsBearer(hash, raw('select count(*)::int as count from api_keys'))).toEqual([
      { count: 1 },
    ]);
  });

  test('is not shown another one by asking for it', async () => {
    expect(await store.readAsBearer(HASH, keys.where('hash', '=', OTHER_HASH))).toEqual([]);
    expect(await store.readAsBearer(HASH, keys.where('org_id', '=', 'org_b'))).toEqual([]);
  });

  test.each([
    ['that nobody has', 'd'.repeat(64)],
    ['that is empty', ''],
    ['in capitals', HASH.toUpperCase()],
    ['that is the beginning of one', HASH.slice(0, 63)],
    ['with a space', `${HASH} `],
    ['that is a pattern', '%'],
    ['that tries to be more than a value', `${HASH}' or true --`],
  ])('is shown nothing for a hash %s', async (_what, hash) => {
    expect(await store.readAsBearer(hash, keys)).toEqual([]);
  });

  test.each(tables.filter((table) => !['api_keys', 'members'].includes(table)))(
    'is shown nothing of %s',
    async (table) => {
      expect(await store.readAsBearer(HASH, raw(`select * from ${table}`))).toEqual([]);
    },
  );

  test('cannot write: a statement that is not a query does not parse inside it', async () => {
    const revoke = raw('update api_keys set version = 2');
    await expect(store.readAsBearer(HASH, revoke)).rejects.toMatchObject({ code: '42601' });
    const hidden = raw('with w as (update api_keys set version = 2 returning id) select * from w');
    await expect(store.readAsBearer(HASH, hidden)).rejects.toMatchObject({ code: '0A000' });
  });

  test('cannot change the row that is shown: for that it must be known whose it is', async () => {
    const app = connectAs(database.url, 'headgate_app');
    const attempt = await app.begin(async (sql) => {
      await sql`select set_config('headgate.presented_key', ${HASH}, true)`;
      expect(await sql`select hash from headgate.api_keys`).toEqual([{ hash: HASH }]);
      return (await sql`update headgate.api_keys set version = version + 1`).count;
    });
    expect(attempt).toBe(0);
    await app.end();
  });
});

describe('the key of a statement', () => {
  test('is gone with it: the next statement on the same connection sees nothing of it', async () => {
    expect(await store.readAsBearer(HASH, keys)).toHaveLength(1);
    expect(await store.read([], keys)).toEqual([]);
    expect(await store.transact({ tenants: [] }, async (tx) => await tx.run(keys))).toEqual([]);
    expect(await store.transact({ tenants: [] }, async (tx) => await tx.run(session))).toEqual([
      { presented: null, tenants: [] },
    ]);
    expect(await store.readAsBearer('', session)).toEqual([{ presented: null, tenants: null }]);
  });

  test('is gone after a statement that failed', async () => {
    const failing = raw('select 1 / (count(*) - count(*)) from api_keys');
    await expect(store.readAsBearer(HASH, failing)).rejects.toMatchObject({ code: '22012' });
    expect(await store.read([], keys)).toEqual([]);
    expect(await store.readAsBearer('', keys)).toEqual([]);
  });

  test('shows a tenant no key more than its own, and the tenants no key of theirs to the next bearer', async () => {
    await store.readAsBearer(FOREIGN_HASH, keys);
    const own = (await asTenant()).map(({ hash }) => hash);
    expect(own).toContain(HASH);
    expect(own).not.toContain(FOREIGN_HASH);
    expect(own).toHaveLength(3);
    expect(await store.readAsBearer(FOREIGN_HASH, keys)).toEqual([{ org_id: 'org_b', hash: FOREIGN_HASH }]);
    expect(await store.readAsBearer(FOREIGN_HASH, session)).toEqual([
      { presented: FOREIGN_HASH, tenants: null },
    ]);
  });

  // The text around a query is kept; a query of both kinds must not be given the text of the other.
  test.each(['tenant first', 'bearer first'])(
    'and the tenants of one are told apart when the query is the same: %s',
    async (order) => {
      const same = query.selectFrom('api_keys').select(['hash', 'name']).where('name', '!=', order);
      const forTenant = async () => expect(await store.read(['org_a'], same)).toHaveLength(3);
      const forBearer = async () =>
        expect(await store.readAsBearer(HASH, same)).toEqual([expect.objectContaining({ hash: HASH })]);
      const both = order === 'tenant first' ? [forTenant, forBearer] : [forBearer, forTenant];
      for (const check of [...both, ...both]) await check();
    },
  );

  test('does not mix with those of others that are under way at once on one connection', async () => {
    const asked = Array.from(
      { length: 200 },
      (_, index) => [HASH, FOREIGN_HASH, '', 'tenant'][index % 4] ?? '',
    );
    const answers = await Promise.all(
      asked.map(async (hash) =>
        hash === 'tenant' ? await asTenant() : await store.readAsBearer(hash, keys),
      ),
    );
    expect(answers.map((rows) => rows.length)).toEqual(
      asked.map((hash) => (hash === 'tenant' ? 3 : hash === '' ? 0 : 1)),
    );
  });
});
