import { setImmediate, setTimeout } from 'node:timers/promises';
import { createTestDatabase } from '@headgate/testing';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { classifyFailure, openStore, query, type Store, type TenantTransaction } from '../src/index.ts';
import { connectAs } from './support.ts';

/** A failover takes seconds; after it the store must serve again without a restart. */
const RECOVERY_MS = 8_000;
const TEST_TIMEOUT_MS = 20_000;

const database = await createTestDatabase();
const owner = connectAs(database.url);
afterAll(async () => {
  await owner.end();
  await database.drop();
});

let uncaught: unknown[] = [];
let store: Store;
const listeners = process.listeners('uncaughtException');
beforeEach(() => {
  uncaught = [];
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => uncaught.push(error));
  store = openStore({ url: database.url, maxConnections: 1 });
});
afterEach(async () => {
  await store.close();
  process.removeAllListeners('uncaughtException');
  for (const listener of listeners) process.on('uncaughtException', listener);
});

const statement = (sql: string) => ({ compile: () => ({ sql, parameters: [] }) }) as never;
const read = async () => await store.read([], query.selectFrom('projects').select('id'));

/** Ends the transaction's own connection from outside, as a restart or a failover of the server does. */
async function cut(tx: TenantTransaction): Promise<void> {
  const [row] = await tx.run<{ pid: number }>(statement('select pg_backend_pid() as pid'));
  await owner`select pg_terminate_backend(${row?.pid ?? 0})`;
}

/** What happens in a transaction around the loss of its connection. */
const MOMENTS: Record<string, (tx: TenantTransaction) => Promise<unknown>> = {
  'just before the commit': cut,
  'just before a statement': async (tx) => {
    await cut(tx);
    await tx.run(statement('select 1'));
  },
  'a moment before a statement': async (tx) => {
    await cut(tx);
    await setImmediate();
    await tx.run(statement('select 1'));
  },
  'long before a statement': async (tx) => {
    await cut(tx);
    await setTimeout(50);
    await tx.run(statement('select 1'));
  },
  'while a statement runs': async (tx) => {
    const [row] = await tx.run<{ pid: number }>(statement('select pg_backend_pid() as pid'));
    const running = tx.run(statement('select pg_sleep(4)'));
    running.catch(() => {});
    const isRunning = async () =>
      (await owner`select from pg_stat_activity where wait_event = 'PgSleep'`).length;
    await expect.poll(isRunning).toBe(1);
    await owner`select pg_terminate_backend(${row?.pid ?? 0})`;
    await running;
  },
};

describe.each(Object.entries(MOMENTS))('a connection that is lost in a transaction %s', (_moment, work) => {
  test(
    'fails that transaction as unavailable, and nothing else: the process goes on and the store serves again',
    async () => {
      const error: unknown = await store.transact({ tenants: [] }, work).then(
        () => 'it succeeded',
        (reason: unknown) => reason,
      );
      expect(classifyFailure(error), String(error)).toBe('unavailable');
      const answer = async () => await read().catch(() => 'not yet');
      await expect.poll(answer, { timeout: RECOVERY_MS, interval: 20 }).toEqual([]);
      await expect(read()).resolves.toEqual([]);
      expect(uncaught).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );
});

test(
  'a connection that is lost while nobody uses it costs one request at most',
  async () => {
    await read();
    await owner`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'headgate' and datname = current_database()
  `;
    const first = await read().catch(classifyFailure);
    expect([[], 'unavailable']).toContainEqual(first);
    await expect(read()).resolves.toEqual([]);
    expect(uncaught).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);
