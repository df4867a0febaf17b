import { createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { newId } from '@headgate/schema';
import { createTestDatabase } from '@headgate/testing';
import type { Sql } from 'postgres';
import { afterAll, describe, expect, test } from 'vitest';
import { classifyFailure, openStore, query } from '../src/index.ts';
import { connectAs, insertRow, sampleRow } from './support.ts';

/** A little more than the store waits for an answer. */
const BOUND_MS = 12_000;

const database = await createTestDatabase();
const owner = connectAs(database.url);
afterAll(async () => {
  await owner.end();
  await database.drop();
});

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  );
}

async function withConnection<T>(
  settings: Record<string, string | number>,
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  const sql = connectAs(database.url, undefined, settings);
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

/** Another session that holds all projects for as long as `work` runs. */
async function whileLocked(work: () => Promise<void>): Promise<void> {
  await withConnection({}, async (sql) => {
    await sql.begin(async (transaction) => {
      await transaction`lock table headgate.projects in access exclusive mode`;
      await work();
    });
  });
}

describe('what passes when the request is repeated is unavailable', () => {
  test('a statement timeout', async () => {
    const error = await withConnection(
      { statement_timeout: 20 },
      async (sql) => await failureOf(sql`select pg_sleep(5)`),
    );
    expect(error).toMatchObject({ code: '57014' });
    expect(classifyFailure(error)).toBe('unavailable');
  });

  test('a lock that is not had in time', async () => {
    await whileLocked(async () => {
      await withConnection({ lock_timeout: 20 }, async (sql) => {
        const error = await failureOf(sql`select from headgate.projects`);
        expect(error).toMatchObject({ code: '55P03' });
        expect(classifyFailure(error)).toBe('unavailable');
      });
    });
  });

  test('a server that only reads, as after a failover', async () => {
    const error = await withConnection(
      { default_transaction_read_only: 'on' },
      async (sql) => await failureOf(sql`delete from headgate.projects`),
    );
    expect(error).toMatchObject({ code: '25006' });
    expect(classifyFailure(error)).toBe('unavailable');
  });

  test('a deadlock', async () => {
    const [one, two] = [
      connectAs(database.url),
      connectAs(database.url, undefined, { deadlock_timeout: 10 }),
    ];
    const firstHeld = Promise.withResolvers<void>();
    const secondHeld = Promise.withResolvers<void>();
    const crossing = async (sql: Sql, own: number, other: number, [held, wait] = [firstHeld, secondHeld]) =>
      await sql.begin(async (transaction) => {
        await transaction`select pg_advisory_xact_lock(${own})`;
        held?.resolve();
        await wait?.promise;
        await transaction`select pg_advisory_xact_lock(${other})`;
      });
    const results = await Promise.allSettled([
      crossing(one, 1, 2),
      crossing(two, 2, 1, [secondHeld, firstHeld]),
    ]);
    const error: unknown = results.find((result) => result.status === 'rejected')?.reason;
    expect(error).toMatchObject({ code: '40P01' });
    expect(classifyFailure(error)).toBe('unavailable');
    await Promise.all([one.end(), two.end()]);
  });

  test('a serialization failure', async () => {
    const error = await withConnection({ default_transaction_isolation: 'serializable' }, async (sql) =>
      failureOf(sql`do $$ begin raise exception 'x' using errcode = 'serialization_failure'; end $$`),
    );
    expect(classifyFailure(error)).toBe('unavailable');
  });

  test('a connection that the server ended', async () => {
    const sql = connectAs(database.url);
    const [row] = await sql`select pg_backend_pid() as pid`;
    const error = failureOf(sql`select pg_sleep(30)`);
    await owner`select pg_terminate_backend(${Number(row?.['pid'])})`;
    expect(classifyFailure(await error)).toBe('unavailable');
    await sql.end({ timeout: 0 });
  });

  test('a server that is not there', async () => {
    const store = openStore({
      url: `postgres://user:secret@127.0.0.1:${await unusedPort()}/none`,
      maxConnections: 1,
    });
    const error = await failureOf(store.read(['org_a'], query.selectFrom('projects').select('id')));
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    expect(classifyFailure(error)).toBe('unavailable');
    await store.close();
  });

  test('a host without an address', async () => {
    const store = openStore({ url: 'postgres://user:secret@nowhere.invalid:5432/none', maxConnections: 1 });
    const error = await failureOf(store.transact({ tenants: [] }, () => Promise.resolve()));
    expect(classifyFailure(error)).toBe('unavailable');
    await store.close();
  });

  test('a server that hangs up at once, as one that is shutting down', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const store = openStore({ url: `postgres://user:secret@127.0.0.1:${port}/none`, maxConnections: 1 });
    const reading = failureOf(store.read([], query.selectFrom('projects').select('id')));
    const error = await Promise.race([reading, setTimeout(BOUND_MS, 'it waits without end', { ref: false })]);
    await store.close();
    await new Promise((resolve) => server.close(resolve));
    expect(error).toBeInstanceOf(Error);
    expect(classifyFailure(error)).toBe('unavailable');
  });

  test('a store that was closed', async () => {
    const store = openStore({ url: database.url, maxConnections: 1 });
    await store.close();
    expect(classifyFailure(await failureOf(store.read([], query.selectFrom('projects').select('id'))))).toBe(
      'unavailable',
    );
  });

  test('a server without a place for another connection', async () => {
    const error = await failureOf(
      owner`do $$ begin raise exception 'x' using errcode = 'too_many_connections'; end $$`,
    );
    expect(classifyFailure(error)).toBe('unavailable');
  });
});

describe('a conflict of data', () => {
  test('is a second row of one key', async () => {
    const row = sampleRow('projects', { orgId: 'org_a', projectId: newId('prj') });
    await insertRow(owner, 'projects', row);
    expect(classifyFailure(await failureOf(insertRow(owner, 'projects', row)))).toBe('conflict');
  });
});

describe('everything else is a bug, which must not be repeated', () => {
  test.each([
    ['a table that is not there', 'select from headgate.nothing'],
    ['a syntax error', 'selct'],
    ['a check that was broken', `insert into headgate.projects (id) values ('x')`],
    ['a value of the wrong type', `select 'x'::int`],
  ])('%s', async (_what, statement) => {
    expect(classifyFailure(await failureOf(owner.unsafe(statement)))).toBe('bug');
  });

  test('a row that the tenant wall refused', async () => {
    const store = openStore({ url: database.url, maxConnections: 1 });
    const row = sampleRow('projects', { orgId: 'org_b', projectId: newId('prj') });
    const insertion = store.transact({ tenants: ['org_a'] }, async (tx) => {
      await tx.run(query.insertInto('projects').values(row as never));
    });
    expect(classifyFailure(await failureOf(insertion))).toBe('bug');
    await store.close();
  });

  test.each([new TypeError('x is not a function'), 'a text', null, undefined, { code: '40001' }])(
    '%o',
    (error) => {
      expect(classifyFailure(error)).toBe('bug');
    },
  );
});

/** A port on which nothing listens any more. */
async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
