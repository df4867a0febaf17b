import { createTestDatabase, type TestDatabase } from '@headgate/testing';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCounter, type Counter } from '../src/counter.ts';

let database: TestDatabase;
let owner: Sql;
let counter: Counter;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = postgres(database.url, { max: 1, onnotice: () => {} });
  counter = openCounter(database.url);
});
afterAll(async () => {
  await counter.close();
  await owner.end();
  await database.drop();
});

const TABLE = '"headgate"."rate_limits"';

test('a count is kept, read and cleared as the role of requests, which owns nothing', async () => {
  const expire = Date.UTC(2026, 10, 21);
  const inserted = await counter.query({
    text: `insert into ${TABLE} values ($1, $2, $3) returning points, expire, current_user as role`,
    values: ['user:a', 3, expire],
  });
  expect(inserted).toEqual({ rows: [{ points: 3, expire, role: 'headgate_app' }], rowCount: 1 });
  const read = { text: `select points from ${TABLE} where key = $1`, values: ['user:missing'] };
  expect(await counter.query(read)).toEqual({ rows: [], rowCount: 0 });
  const cleared = { text: `delete from ${TABLE} where expire < $1`, values: [expire + 1] };
  expect((await counter.query(cleared)).rowCount).toBe(1);
});

test('counts reach no row of a tenant', async () => {
  await owner`insert into headgate.organizations (org_id) values ('org_a')`;
  expect(await counter.query({ text: 'select org_id from headgate.organizations' })).toEqual({
    rows: [],
    rowCount: 0,
  });
});

test('what the server refuses is an error, and the next statement works', async () => {
  await expect(
    counter.query({ text: `insert into ${TABLE} values ($1)`, values: ['x'.repeat(256)] }),
  ).rejects.toThrow();
  expect((await counter.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
});

test('a statement that hangs is ended by the server', async () => {
  await expect(counter.query({ text: 'select pg_sleep(30)' })).rejects.toThrow(/statement timeout/);
});

test('while the server is lost, so many statements wait and no more, and all end when it is closed', async () => {
  const lost = openCounter(database.url.replace(/:\d+\//, ':1/'));
  let refused = 0;
  const waiting = Array.from({ length: 1_100 }, async () => {
    try {
      await lost.query({ text: 'select 1' });
      return 'answered';
    } catch (error) {
      if (String(error).includes('too many counts wait')) refused += 1;
      return 'failed';
    }
  });
  await expect.poll(() => refused).toBe(100);
  await lost.close();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['failed']));
});
