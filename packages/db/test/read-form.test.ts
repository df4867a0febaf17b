import { newId } from '@headgate/schema';
import { createTestDatabase } from '@headgate/testing';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore, query, type Store } from '../src/index.ts';
import { readBehindWall } from '../src/tenant-wall.ts';
import { connectAs, insertRow, sampleRow } from './support.ts';

const ROWS = 300;
const database = await createTestDatabase();
const owner = connectAs(database.url);
const app = connectAs(database.url, 'headgate_app');

let store: Store;
beforeAll(async () => {
  store = openStore({ url: database.url, maxConnections: 2 });
  for (let index = 0; index < ROWS; index += 1) {
    const ids = { orgId: index % 3 === 0 ? 'org_b' : 'org_a', projectId: newId('prj') as string };
    // Names in an order that is not the one of insertion.
    await insertRow(owner, 'projects', sampleRow('projects', ids, { name: `name ${(index * 7919) % ROWS}` }));
  }
  await owner`analyze headgate.projects`;
});
afterAll(async () => {
  await Promise.all([store.close(), owner.end(), app.end()]);
  await database.drop();
});

describe('a read behind the wall', () => {
  test.each(['asc', 'desc'] as const)('keeps the order of its query (%s)', async (direction) => {
    const rows = await store.read(
      ['org_a'],
      query.selectFrom('projects').select('name').orderBy('name', direction),
    );
    const names = rows.map(({ name }) => name);
    expect(names).toEqual(direction === 'asc' ? names.toSorted() : names.toSorted().toReversed());
    expect(names).toHaveLength(ROWS - ROWS / 3);
  });

  test('keeps the limit of its query, taken from the own rows only', async () => {
    const first = query.selectFrom('projects').select('org_id').orderBy('name').limit(50);
    expect(await store.read(['org_a'], first)).toEqual(
      Array.from({ length: 50 }, () => ({ org_id: 'org_a' })),
    );
  });

  test('gives aggregates over the own rows only', async () => {
    const count = query.selectFrom('projects').select((eb) => eb.fn.countAll().as('count'));
    expect(await store.read(['org_b'], count)).toEqual([{ count: ROWS / 3 }]);
  });

  test('carries parameters of the query beside the tenants', async () => {
    const named = query
      .selectFrom('projects')
      .select('name')
      .where('name', 'in', ['name 1', 'name 2', 'name 3']);
    const everyone = await store.read(['org_a', 'org_b'], named);
    expect(everyone.map(({ name }) => name).toSorted()).toEqual(['name 1', 'name 2', 'name 3']);
  });

  test('cannot write: a statement that is not a query does not parse inside it', async () => {
    const update = query.updateTable('projects').set({ name: 'changed' });
    await expect(store.read(['org_a'], update)).rejects.toMatchObject({ code: '42601' });
    const sneaky = query
      .with('w', (db) => db.updateTable('projects').set({ name: 'changed' }).returning('id'))
      .selectFrom('w')
      .selectAll();
    await expect(store.read(['org_a'], sneaky)).rejects.toMatchObject({ code: '0A000' });
  });

  test.each(['on', 'off'])(
    'sets the tenants before a row is looked at, with nested loops %s',
    async (loops) => {
      // A plan of another form would put the rows first, and the wall would then show nothing at all.
      const own = connectAs(database.url, 'headgate_app', { enable_nestloop: loops, jit: 'off' });
      const rows = await readBehindWall(
        own,
        ['org_a'],
        query.selectFrom('projects').select('org_id').orderBy('name'),
      );
      expect(rows).toHaveLength(ROWS - ROWS / 3);
      await own.end();
    },
  );

  test('is planned as one pass over the query for the one row of the setting', async () => {
    const explained: string[] = [];
    const spy = {
      unsafe: async (text: string, parameters: never[]) => {
        const rows = await app.unsafe(`explain (costs off) ${text}`, parameters);
        explained.push(...rows.map((row) => String(row['QUERY PLAN'])));
        return [];
      },
    };
    await readBehindWall(spy as never, ['org_a'], query.selectFrom('projects').select('id').orderBy('name'));
    const [top, ...inner] = explained;
    expect(top).toBe('Nested Loop');
    // The setting is the outer side, which runs first; the query hangs on its value and cannot be moved before it.
    expect(inner[0]).toMatch(/^ {2}-> {2}(Subquery Scan on wall|Result)/);
    expect(explained.join('\n')).toMatch(/One-Time Filter|Filter: .*wall\.value|value.* IS NOT NULL/);
  });

  test('is one statement, so that no other can come between the tenants and the rows', async () => {
    const sent: string[] = [];
    const spy = { unsafe: (text: string) => (sent.push(text), Promise.resolve([])) };
    await readBehindWall(spy as never, ['org_a'], query.selectFrom('projects').select('id'));
    expect(sent).toHaveLength(1);
    expect(sent[0]).toContain(`set_config('headgate.tenants', $1, true)`);
  });
});

describe('the builder of queries', () => {
  test('cannot run one: only a store can, and it asks for the tenants', async () => {
    const missed = 'store.read(tenants, query)';
    await expect(query.selectFrom('projects').selectAll().execute()).rejects.toThrow(missed);
    await expect(query.selectFrom('projects').selectAll().executeTakeFirst()).rejects.toThrow(missed);
    await expect(query.updateTable('projects').set({ name: 'x' }).execute()).rejects.toThrow(missed);
    await expect(query.transaction().execute(() => Promise.resolve())).rejects.toThrow(missed);
    await expect(query.connection().execute(() => Promise.resolve())).rejects.toThrow(missed);
    await expect(raw`select 1`.execute(query)).rejects.toThrow(missed);
  });
});
