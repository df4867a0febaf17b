/** Equal structures have equal hashes, whatever else differs; and where hashes differ a comparison says in what. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { compareSnapshots } from '../src/index.ts';
import { createScene, takeOn, toldBy, type Scene } from './introspect-support.ts';

const DDL = `
  create type color as enum ('red', 'green');
  create domain price as numeric check (value >= 0);
  create table customers (id int primary key, name text default 'x', since date default '2024-05-06');
  create table orders (id int, customer int, total price, constraint owned foreign key (customer) references customers);
  create index by_customer on orders (customer);
  create view totals as select customer, sum(total) as total from orders group by customer;
`;

/** Of a comparison that lacks nothing. */
const WHOLE = { notCompared: [], truncated: false };

async function scene(ddl = DDL): Promise<Scene> {
  const made = await createScene(ddl);
  onTestFinished(async () => await made.close());
  return made;
}

describe('two databases of one structure have one hash', () => {
  test('whatever was made before, was dropped, is in the tables, and has been counted', async () => {
    const plain = await (await scene()).take();
    const other = await scene(`
      create table before (a int); drop table before;
      ${DDL.replace('name text', 'gone int, name text')}
      alter table customers drop column gone;
      insert into customers select i, 'c' from generate_series(1, 5000) i;
      analyze;
    `);
    const taken = await other.take();
    expect(taken.hash).toBe(plain.hash);
    expect(await compareSnapshots(plain, taken)).toEqual({ changes: [], ...WHOLE });
    expect(taken.body.equals(plain.body)).toBe(false);
  });

  test('whatever the server is set to write dates, numbers and names like', async () => {
    const plain = await (await scene()).take();
    const other = await scene();
    await other.sql.unsafe(`
      do $$ begin execute format('alter database %I set datestyle = %L', current_database(), 'German, DMY'); end $$;
      do $$ begin execute format('alter database %I set search_path = %L', current_database(), 'nowhere'); end $$;
      do $$ begin execute format('alter database %I set quote_all_identifiers = on', current_database()); end $$;
      do $$ begin execute format('alter database %I set timezone = %L', current_database(), 'Asia/Tokyo'); end $$;
    `);
    expect((await other.take()).hash).toBe(plain.hash);
  });

  test('in whichever order its tables were made', async () => {
    const one = await scene('create table a (x int); create table b (y int); create table "Ü" (z int);');
    const other = await scene('create table "Ü" (z int); create table b (y int); create table a (x int);');
    expect((await other.take()).hash).toBe((await one.take()).hash);
  });
});

const relation = (name: string, ...differences: object[]) => ({
  ...{ object: 'relation', schema: 'public', name, change: 'changed' },
  differences: differences.map((each) => expect.objectContaining(each) as object),
});

/** What is done, and what a comparison of before and after says. */
const ALTERATIONS: [string, object[]][] = [
  ['create schema audit', [{ object: 'schema', name: 'audit', change: 'added' }]],
  [
    "comment on schema public is 'changed'",
    [
      expect.objectContaining({
        ...{ object: 'schema', name: 'public', change: 'changed' },
        differences: [expect.objectContaining({ part: 'property', name: 'comment', after: 'changed' })],
      }) as object,
    ],
  ],
  [
    "alter type color add value 'blue'",
    [
      {
        ...{ object: 'type', schema: 'public', name: 'color', change: 'changed' },
        differences: [
          {
            ...{ part: 'property', name: 'values', change: 'changed' },
            ...{ before: ['red', 'green'], after: ['red', 'green', 'blue'] },
          },
        ],
      },
    ],
  ],
  [
    'drop domain price cascade',
    [
      { object: 'type', schema: 'public', name: 'price', change: 'removed' },
      relation('orders', { part: 'column', name: 'total', change: 'removed' }),
      { object: 'relation', schema: 'public', name: 'totals', change: 'removed' },
    ],
  ],
  ['create table new (a int)', [{ object: 'relation', schema: 'public', name: 'new', change: 'added' }]],
  [
    'alter table orders rename to sold',
    [
      { object: 'relation', schema: 'public', name: 'orders', change: 'removed' },
      { object: 'relation', schema: 'public', name: 'sold', change: 'added' },
      relation('totals', { part: 'property', name: 'definition', change: 'changed' }),
    ],
  ],
  [
    'alter table customers add column mail text not null',
    [relation('customers', { part: 'column', name: 'mail', change: 'added' })],
  ],
  [
    'alter table customers alter name drop default, alter since set not null',
    [
      relation(
        'customers',
        { part: 'column', name: 'name', change: 'changed' },
        { part: 'column', name: 'since', change: 'changed' },
      ),
    ],
  ],
  [
    "alter table customers drop column name, add column name text default 'x'",
    [relation('customers', { part: 'property', name: 'column_order', after: ['id', 'since', 'name'] })],
  ],
  [
    "comment on column customers.name is 'c'",
    [relation('customers', { part: 'column', name: 'name', change: 'changed' })],
  ],
  [
    'alter table orders drop constraint owned',
    [relation('orders', { part: 'constraint', name: 'owned', change: 'removed' })],
  ],
  [
    'alter table orders alter constraint owned deferrable',
    [relation('orders', { part: 'constraint', name: 'owned', change: 'changed' })],
  ],
  [
    'drop index by_customer; create index by_customer on orders (customer desc)',
    [relation('orders', { part: 'index', name: 'by_customer', change: 'changed' })],
  ],
  [
    'alter table orders enable row level security',
    [relation('orders', { part: 'property', name: 'row_level_security', before: false, after: true })],
  ],
];

test('names are in the order of their characters, whatever the encoding and the collation of a database are', async () => {
  const { sql, take, connect } = await scene('');
  const ordered = ['B', 'a', 'б', 'д', 'ц'];
  const tables = ordered
    .toReversed()
    .map((name) => `create table "${name}" (); create domain "d${name}" as int`);
  const database = `koi8_${crypto.randomUUID().replaceAll('-', '')}`;
  // The letters of KOI8-R are in an order of their own.
  await sql.unsafe(`create database ${database} encoding 'KOI8R' locale 'C' template template0`);
  onTestFinished(async () => {
    await sql.unsafe(`drop database ${database} with (force)`);
  });
  const writing = await connect({ database });
  await writing.query(tables.join(';'));
  await writing.close();
  const koi8 = await takeOn(await connect({ database }));
  expect((await toldBy(koi8)).map(({ name }) => name)).toEqual([
    ...['public', ...ordered.map((name) => `d${name}`), ...ordered],
  ]);
  await sql.unsafe(tables.join(';'));
  expect((await take()).hash).toBe(koi8.hash);
  // In UTF-16 the first of these stands behind the second.
  await sql.unsafe(`create table "｡" (); create table "𝒳" ()`);
  const names = (await toldBy(await take())).map(({ name }) => name);
  expect(names.slice(-2)).toEqual(['｡', '𝒳']);
});

describe('a comparison tells what was done', () => {
  test.each(ALTERATIONS)('%s', async (statement, expected) => {
    const { take, sql } = await scene();
    const before = await take();
    await sql.unsafe(statement);
    const after = await take();
    expect(after.hash).not.toBe(before.hash);
    expect(await compareSnapshots(before, after)).toEqual({ changes: expected, ...WHOLE });
  });

  test('the other way round when it is asked so', async () => {
    const { take, sql } = await scene();
    const before = await take();
    await sql`create table new (a int)`;
    const { changes } = await compareSnapshots(await take(), before);
    expect(changes).toEqual([{ object: 'relation', schema: 'public', name: 'new', change: 'removed' }]);
  });

  test('for a thousand differences, and says that there are more', async () => {
    const { take, sql } = await scene('select 1');
    const before = await take();
    const tables = Array.from({ length: 1001 }, (_, index) => `create table t${index} ()`);
    await sql.unsafe(tables.join(';'));
    const { changes, truncated } = await compareSnapshots(before, await take());
    expect(changes).toHaveLength(1000);
    expect(truncated).toBe(true);
  });
});
