/** What one of two snapshots says nothing of is no change, and is told as not compared. */
import { expect, onTestFinished, test } from 'vitest';
import { compareSnapshots } from '../src/index.ts';
import { createSkipped } from '../src/introspect/skipped.ts';
import { createScene, takeOn } from './introspect-support.ts';

const DDL = `
  create type mood as enum ('ok');
  create table kept (x int default 1 + 1 primary key);
  create table users (x int default 1 + 1 primary key, check (x > 0));
  create index on users (x) where x > 1;
`;

async function scene(ddl = DDL) {
  const made = await createScene(ddl);
  onTestFinished(async () => await made.close());
  return made;
}

const EMPTY = { changes: [], notCompared: [], truncated: false };

test('a table that was locked has lost nothing and gained nothing, and its comment is compared', async () => {
  const { sql, take } = await scene();
  const before = await take();
  const locked = await sql.begin(async (transaction) => {
    await transaction`alter table users alter x drop default`;
    return await take();
  });
  const parts = locked.skipped.map(({ part }) => part);
  expect(parts).toContain('columns');
  const notCompared = locked.skipped.map(({ part, reason }) => ({
    ...{ schema: 'public', name: 'users', part, reason },
  }));
  for (const pair of [[before, locked] as const, [locked, before] as const, [locked, locked] as const]) {
    const compared = await compareSnapshots(...pair);
    expect(compared).toMatchObject({ changes: [], truncated: false });
    expect(compared.notCompared).toHaveLength(notCompared.length);
    expect(compared.notCompared).toEqual(expect.arrayContaining(notCompared));
  }
  await sql`comment on table users is 'changed'`;
  expect((await compareSnapshots(locked, await take())).changes).toEqual([
    expect.objectContaining({
      name: 'users',
      differences: expect.arrayContaining([expect.objectContaining({ name: 'comment' })]) as object[],
    }),
  ]);
});

test('so it is where the list of what was skipped has no room for it', async () => {
  const { sql, take } = await scene();
  const before = await take();
  const locked = await sql.begin(async (transaction) => {
    await transaction`alter table users add column y int`;
    return await take();
  });
  const { changes, notCompared } = await compareSnapshots(before, { ...locked, skipped: [] });
  expect(changes).toEqual([]);
  expect(notCompared).toContainEqual({
    ...{ schema: 'public', name: 'users', part: 'columns', reason: 'it could not be read' },
  });
});

test('a part that the role may not see is told once, and the others are compared', async () => {
  const { sql, take, connect } = await scene();
  const before = await take();
  const username = `stranger_${crypto.randomUUID().replaceAll('-', '')}`;
  await sql.unsafe(`create role ${username} login password 'stranger'`);
  onTestFinished(async () => {
    await sql.unsafe(`drop role ${username}`);
  });
  await sql.unsafe(`
    revoke select on pg_catalog.pg_constraint from public;
    alter table users add column y int;
  `);
  const after = await takeOn(await connect({ username, password: 'stranger' }));
  const { changes, notCompared } = await compareSnapshots(before, after);
  expect(changes).toEqual([
    expect.objectContaining({
      ...{ name: 'users', change: 'changed' },
      differences: [expect.objectContaining({ part: 'column', name: 'y', change: 'added' })],
    }),
  ]);
  expect(notCompared).toEqual(
    expect.arrayContaining(after.skipped.map(({ part, reason }) => ({ part, reason }))),
  );
  expect(notCompared).toHaveLength(after.skipped.length);
});

test('what lies behind a cut, or may be among what is not listed, was not dropped', async () => {
  const { sql, take } = await scene();
  const before = await take();
  await sql`drop table users`;
  await sql`drop type mood`;
  const after = await take();
  expect((await compareSnapshots(before, after)).changes).toHaveLength(2);
  const cut = createSkipped();
  cut.cut({ part: 'relations', what: 'relations', reason: 'too much' });
  const behind = await compareSnapshots(before, { ...after, skipped: cut.parts });
  expect(behind.changes).toEqual([expect.objectContaining({ object: 'type', name: 'mood' })]);
  expect(behind.notCompared).toEqual([{ part: 'relations', reason: 'too much' }]);
  const own = createSkipped();
  own.add({ part: 'relation', schema: 'public', name: 'users', what: 'users', reason: 'too wide' });
  expect((await compareSnapshots(before, { ...after, skipped: own.parts })).notCompared).toEqual([
    { schema: 'public', name: 'users', reason: 'too wide' },
  ]);
  for (let count = 0; count < 100; count += 1) {
    own.add({ part: 'relation', schema: 'public', name: `t${count}`, what: 't', reason: 'too wide' });
  }
  const many = await compareSnapshots(before, { ...after, skipped: own.parts });
  expect(many.changes).toEqual([]);
  expect(many.notCompared).toContainEqual({ schema: 'public', name: 'users', reason: 'too wide' });
});

test('a schema that one of them does not cover is left out with all that is in it', async () => {
  const { take } = await scene(
    `${DDL} create schema shop; create table shop.orders (); create type shop.t as ()`,
  );
  const all = await take();
  const some = { ...(await take({ schemas: ['public'] })), schemas: ['public'] };
  const excluding = { ...(await take({ excludedSchemas: ['shop'] })), excludedSchemas: ['shop'] };
  for (const less of [some, excluding]) {
    for (const [before, after] of [
      [all, less],
      [less, all],
    ] as const) {
      const { changes, notCompared } = await compareSnapshots(before, after);
      expect(changes).toEqual([]);
      expect(notCompared).toEqual([{ schema: 'shop', reason: expect.any(String) as string }]);
    }
  }
  expect(await compareSnapshots(some, excluding)).toEqual(EMPTY);
});
