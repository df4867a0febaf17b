import { createTestDatabase } from '@headgate/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore, query, type Store } from '../src/index.ts';
import { connectAs, seedOrganization, tenantTables } from './support.ts';

const database = await createTestDatabase();
const owner = connectAs(database.url);

let store: Store;
beforeAll(async () => {
  // One connection, so that each statement comes after another tenant's on the same one.
  store = openStore({ url: database.url, maxConnections: 1 });
  const tables = await tenantTables(owner);
  for (const orgId of ['org_a', 'org_b']) await seedOrganization(owner, tables, orgId);
});
afterAll(async () => {
  await Promise.all([store.close(), owner.end()]);
  await database.drop();
});

const organizations = query.selectFrom('projects').select('org_id').orderBy('org_id');
const session = {
  compile: () => ({ sql: `select coalesce(headgate.tenants(), '{}') as tenants`, parameters: [] }),
} as never;

describe('the tenants of a statement', () => {
  test('are gone with it: the next statement on the same connection sees nothing of them', async () => {
    expect(await store.read(['org_a'], organizations)).toEqual([{ org_id: 'org_a' }]);
    expect(await store.read([], organizations)).toEqual([]);
    expect(await store.read(['org_b'], organizations)).toEqual([{ org_id: 'org_b' }]);
    expect(await store.transact({ tenants: [] }, async (tx) => await tx.run(organizations))).toEqual([]);
    expect(await store.read([], session)).toEqual([{ tenants: [] }]);
  });

  test('are gone after a transaction that was committed, rolled back or failed', async () => {
    await store.transact({ tenants: ['org_a'] }, async (tx) => await tx.run(organizations));
    expect(await store.read([], organizations)).toEqual([]);
    await expect(
      store.transact({ tenants: ['org_a'] }, () => Promise.reject(new Error('stop'))),
    ).rejects.toThrow('stop');
    expect(await store.read([], organizations)).toEqual([]);
    const failing = {
      compile: () => ({ sql: 'select 1 / (count(*) - count(*)) from projects', parameters: [] }),
    } as never;
    await expect(store.read(['org_a'], failing)).rejects.toMatchObject({ code: '22012' });
    expect(await store.read([], organizations)).toEqual([]);
  });

  test('do not mix when reads of many tenants are under way at once on one connection', async () => {
    const asked = Array.from(
      { length: 200 },
      (_, index) => [['org_a'], ['org_b'], [], ['org_b', 'org_a']][index % 4] ?? [],
    );
    const answers = await Promise.all(asked.map(async (tenants) => await store.read(tenants, organizations)));
    const seen = answers.map((rows) => rows.map((row) => row.org_id));
    expect(seen).toEqual(asked.map((tenants) => tenants.toSorted()));
  });

  test('hold in every statement of a transaction, and for each transaction by itself', async () => {
    const wide = openStore({ url: database.url, maxConnections: 4 });
    const seen = await Promise.all(
      ['org_a', 'org_b', 'org_a', 'org_b'].map(async (tenant) => {
        const rows = await wide.transact({ tenants: [tenant] }, async (tx) => [
          ...(await tx.run(organizations)),
          ...(await tx.run(organizations)),
        ]);
        return rows.every((row) => row.org_id === tenant) && rows.length === 2;
      }),
    );
    await wide.close();
    expect(seen).toEqual([true, true, true, true]);
  });
});

describe('an organization id', () => {
  /** Anything that an issuer may call an organization: all but NUL, which PostgreSQL's texts cannot hold. */
  const orgId = fc
    .oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      fc.string({
        unit: fc.constantFrom('"', '\\', ',', '{', '}', "'", ' ', 'a', 'NULL', '\n', '$1', '--', 'é', '😀'),
        minLength: 1,
      }),
    )
    .filter((text) => !text.includes('\0') && text.isWellFormed());

  test('reaches PostgreSQL exactly as it is, whatever characters it holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(orgId, { maxLength: 5 }), async (tenants) => {
        expect(await store.read(tenants, session)).toEqual([{ tenants }]);
        expect(await store.transact({ tenants }, async (tx) => await tx.run(session))).toEqual([{ tenants }]);
      }),
      { numRuns: 200 },
    );
  });

  test('names no other organization, however it is put together', async () => {
    await fc.assert(
      fc.asyncProperty(orgId, async (id) => {
        fc.pre(id !== 'org_a' && id !== 'org_b');
        expect(await store.read([id], organizations)).toEqual([]);
      }),
      {
        numRuns: 100,
        examples: [
          [`org_x","org_a`],
          [`org_x}' or true --`],
          [`{org_a}`],
          [`org_x\\","org_a`],
          [`"org_a"`],
          ['NULL'],
          [' org_a'],
        ],
      },
    );
  });

  test('that PostgreSQL cannot hold fails the statement instead of meaning another', async () => {
    await expect(store.read(['org_a\0'], organizations)).rejects.toMatchObject({ code: '22021' });
    expect(await store.read(['org_a'], organizations)).toHaveLength(1);
  });
});
