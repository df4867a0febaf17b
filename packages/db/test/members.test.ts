import { createTestDatabase } from '@headgate/testing';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openStore, query } from '../src/index.ts';
import { connectAs, insertRow, sampleRow } from './support.ts';

const database = await createTestDatabase();
const owner = connectAs(database.url);
const store = openStore({ url: database.url, maxConnections: 1 });
const HASH = 'a'.repeat(64);
const NOW = new Date('2026-11-21T08:30:00Z');

beforeEach(async () => {
  await owner`truncate headgate.members, headgate.api_keys`;
  for (const orgId of ['org_a', 'org_b'])
    for (const user of ['user_1', 'user_2'])
      await insertRow(owner, 'members', sampleRow('members', { orgId, projectId: '' }, { user_id: user }));
  const key = sampleRow('api_keys', { orgId: 'org_a', projectId: '' }, { project_id: null, hash: HASH });
  await insertRow(owner, 'api_keys', key);
});
afterAll(async () => {
  await Promise.all([store.close(), owner.end()]);
  await database.drop();
});

const members = query.selectFrom('members').select(['org_id', 'user_id']).orderBy('org_id');
const other = { org_id: 'org_c', user_id: 'user_2', role: 'owner' as const, told_at: NOW };

describe('who presents a token', () => {
  test('meets what is known of its user, in whatever organizations, and of nobody else', async () => {
    expect(await store.transactAsUser('user_1', async (tx) => await tx.run(members))).toEqual([
      { org_id: 'org_a', user_id: 'user_1' },
      { org_id: 'org_b', user_id: 'user_1' },
    ]);
    expect(await store.transactAsUser('', async (tx) => await tx.run(members))).toEqual([]);
  });

  test('cannot change or add what is said of another user', async () => {
    await store.transactAsUser(
      'user_1',
      async (tx) => await tx.run(query.updateTable('members').set({ role: null })),
    );
    const rows = await owner`select user_id, role from headgate.members where user_id = 'user_2'`;
    expect(rows.map(({ role }) => String(role))).toEqual(['owner', 'owner']);
    const adding = store.transactAsUser(
      'user_1',
      async (tx) => await tx.run(query.insertInto('members').values(other)),
    );
    await expect(adding).rejects.toMatchObject({ code: '42501' });
  });

  test('meets no tenant: no row of any other table', async () => {
    const keys = query.selectFrom('api_keys').select('id');
    expect(await store.transactAsUser('user_1', async (tx) => await tx.run(keys))).toEqual([]);
  });

  test('has left nothing behind for the next statement on the same connection', async () => {
    await store.transactAsUser('user_1', async (tx) => await tx.run(members));
    expect(await store.read([], members)).toEqual([]);
    expect(await store.transact({ tenants: [] }, async (tx) => await tx.run(members))).toEqual([]);
  });
});

describe('who presents an API key', () => {
  test("is shown its owner's row in the key's organization, and no other", async () => {
    expect(await store.readAsBearer(HASH, members)).toEqual([{ org_id: 'org_a', user_id: 'user_1' }]);
    expect(await store.readAsBearer('b'.repeat(64), members)).toEqual([]);
  });
});
