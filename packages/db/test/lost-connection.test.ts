import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { createTestDatabase } from '@headgate/testing';
import { layWire, type Wire } from '@headgate/testing/wire';
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
/** Either of them ends the program. */
const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;
const listeners = EVENTS.map((event) => process.listeners(event as 'uncaughtException'));
beforeEach(() => {
  uncaught = [];
  for (const event of EVENTS) {
    process.removeAllListeners(event);
    process.on(event as 'uncaughtException', (error) => uncaught.push(error));
  }
  store = openStore({ url: database.url, maxConnections: 1 });
});
afterEach(async () => {
  await store.close();
  for (const [index, event] of EVENTS.entries()) {
    process.removeAllListeners(event);
    for (const listener of listeners[index] ?? []) process.on(event as 'uncaughtException', listener);
  }
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

describe('over a wire', () => {
  let wire: Wire;
  let wired: Store;
  beforeEach(async () => {
    wire = await layWire(database.url);
    wired = openStore({ url: wire.url, maxConnections: 1 });
  });
  afterEach(async () => {
    await wire.close();
    await wired.close();
  });
  const readWired = async () => await wired.read([], query.selectFrom('projects').select('id'));

  test(
    'a connection that has died unheard is given up on when nothing comes, and the store serves again',
    async () => {
      await readWired();
      const hangUp = wire.forget();
      expect(await readWired().catch(classifyFailure)).toBe('unavailable');
      await expect(readWired()).resolves.toEqual([]);
      hangUp();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'a transaction on it lets go of what it holds, although its server does not hear of that either',
    async () => {
      const other = openStore({ url: database.url, maxConnections: 1 });
      const holding = wired.transact({ tenants: [], oneAtATime: 'held' }, async (tx) => {
        await tx.run(statement('select 1'));
        wire.forget();
        await tx.run(statement('select 2'));
      });
      expect(await holding.catch(classifyFailure)).toBe('unavailable');
      const take = async () =>
        await other.transact({ tenants: [], oneAtATime: 'held' }, () => Promise.resolve('had'));
      await expect
        .poll(async () => await take().catch(classifyFailure), { timeout: RECOVERY_MS })
        .toBe('had');
      await other.close();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'statements that take long one behind the other are not taken for a lost connection',
    async () => {
      const slow = wired.transact({ tenants: [] }, async (tx) => {
        const statements = ['select pg_sleep(2)', 'select pg_sleep(2)', 'select 1 as done'].map(statement);
        return (await Promise.all(statements.map(async (each) => await tx.run(each)))).at(-1);
      });
      await expect(slow).resolves.toEqual([{ done: 1 }]);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'a server that was gone for long is found within seconds when it is back',
    async () => {
      await wire.set('refusing');
      for (let times = 0; times < 10; times += 1)
        expect(await readWired().catch(classifyFailure)).toBe('unavailable');
      await wire.set('well');
      const answer = async () => await readWired().catch(() => 'not yet');
      await expect.poll(answer, { timeout: RECOVERY_MS }).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );
});

test(
  'a server that hangs up on every login is asked once for each request, not again and again',
  async () => {
    let logins = 0;
    const server = createServer((socket) => {
      logins += 1;
      socket.on('error', () => {}).once('data', () => socket.end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `postgres://user:secret@127.0.0.1:${(server.address() as AddressInfo).port}/none`;
    const refused = openStore({ url, maxConnections: 1 });
    const asking = async () =>
      await refused.read([], query.selectFrom('projects').select('id')).catch(classifyFailure);
    expect([await asking(), await asking(), await asking()]).toEqual(Array(3).fill('unavailable'));
    expect(logins).toBe(3);
    await refused.close();
    await new Promise((resolve) => server.close(resolve));
  },
  TEST_TIMEOUT_MS,
);

/** A way to the database on which a connection is reset as soon as the driver, logged in, asks for something by itself. */
async function layFragileWay(): Promise<{ url: string; resets: () => number; close: () => Promise<void> }> {
  const { hostname, port } = new URL(database.url);
  let resets = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    near.on('error', () => {}).on('close', () => far.destroy());
    far.on('error', () => {}).on('close', () => near.destroy());
    far.pipe(near);
    near.on('data', (chunk) => {
      if (!chunk.includes('pg_catalog.pg_type')) return far.write(chunk);
      resets += 1;
      return near.resetAndDestroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(database.url);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    resets: () => resets,
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test(
  'a connection that is reset just after the login fails what waited for it, and nothing else',
  async () => {
    const way = await layFragileWay();
    const fragile = openStore({ url: way.url, maxConnections: 1 });
    const reading = fragile.read([], query.selectFrom('projects').select('id'));
    expect(await reading.catch(classifyFailure)).toBe('unavailable');
    const writing = fragile.transact({ tenants: [] }, async (tx) => await tx.run(statement('select 1')));
    expect(await writing.catch(classifyFailure)).toBe('unavailable');
    await fragile.close();
    await setImmediate();
    expect(way.resets()).toBeGreaterThanOrEqual(2);
    expect(uncaught).toEqual([]);
    await way.close();
  },
  TEST_TIMEOUT_MS,
);
