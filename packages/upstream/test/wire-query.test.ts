import { createAuthority } from '@headgate/testing';
import { startProxy, startUpstream, type TestUpstream } from '@headgate/testing/upstreams';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ServerError, type Connection, type Target } from '../src/index.ts';
import { openSockets } from './door-support.ts';
import { connect } from './wire-support.ts';

const POLL = { timeout: 20_000 };

let server: TestUpstream;
let target: Target;
let sql: ReturnType<TestUpstream['sql']>;
const open: Connection[] = [];

beforeAll(async () => {
  const authority = await createAuthority();
  const tls = await authority.issue({ name: 'localhost', dnsNames: ['localhost'] });
  server = await startUpstream({ tls });
  const { port, username, password, database } = server;
  const ca = authority.certificate;
  target = { host: 'localhost', port, username, password, database, sslMode: 'verify-full', ca };
  sql = server.sql();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map(async (connection) => await connection.close()));
});
afterAll(async () => await server.stop());

async function connected(over: Partial<Target> = {}, options: Parameters<typeof connect>[1] = {}) {
  const connection = await connect({ ...target, ...over }, options);
  open.push(connection);
  return connection;
}

/** How many of our backends the server has. */
async function backends(): Promise<number> {
  const rows = await sql`select from pg_stat_activity where application_name = 'headgate'`;
  return rows.length;
}

/** Measures the longest turn of the event loop, in time of this thread's own: what else the machine does counts not. */
function countTurns(): { stop: () => number } {
  let longest = 0;
  let last = process.threadCpuUsage().user;
  let isOver = false;
  const turn = () => {
    const now = process.threadCpuUsage().user;
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    stop: () => {
      isOver = true;
      return longest / 1000;
    },
  };
}

describe('query', () => {
  test('with parameters gives text, and null where there is none', async () => {
    const connection = await connected();
    const rows = await connection.query('select $1::int + 1 as sum, $2::text as nothing, $3 as word', [
      '41',
      null,
      'ä',
    ]);
    expect(rows).toEqual([{ sum: '42', nothing: null, word: 'ä' }]);
  });

  test('without parameters gives the rows of the last statement that has any', async () => {
    const connection = await connected();
    expect(await connection.query('select 1 as a; select 2 as b; begin; commit')).toEqual([{ b: '2' }]);
    expect(await connection.query('')).toEqual([]);
    expect(await connection.query('', [])).toEqual([]);
  });

  test('columns of hostile names are properties like others', async () => {
    const connection = await connected();
    const [row] = await connection.query('select 1 as "__proto__", 2 as "constructor", 3 as "length"');
    expect(Object.entries(row ?? {})).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
      ['length', '3'],
    ]);
  });

  test('a column that was not asked for is not there, whatever every object has', async () => {
    const connection = await connected();
    const [row = {}] = await connection.query('select 1 as one');
    const inherited = Object.getOwnPropertyNames(Object.prototype);
    expect(inherited.filter((name) => name in row)).toEqual([]);
    await connection.each('select 1 as one', [], (each) => expect('constructor' in each).toBe(false));
  });

  test.each([
    ['rows', `select from generate_series(1, 1001)`],
    ['empty rows of several results', 'select from generate_series(1, 600); '.repeat(2)],
    ['text', `select repeat('x', 1000) from generate_series(1, 300)`],
    [
      'nulls',
      `select ${Array.from({ length: 1600 }, (_, index) => `null as c${index}`).join(', ')} from generate_series(1, 6)`,
    ],
  ])('more than an answer may hold gives the connection up: %s', async (_, text) => {
    const connection = await connected({}, { maxBytes: 1e9 });
    const fits = await connection.query('select from generate_series(1, 1000)');
    expect(fits).toHaveLength(1000);
    await expect(connection.query(text)).rejects.toMatchObject({ code: 'too_much', step: 'server' });
    await expect(connection.query('select 1')).rejects.toMatchObject({ code: 'too_much' });
    await expect.poll(backends, POLL).toBe(0);
  });

  test('an error of the server leaves the connection usable', async () => {
    const connection = await connected();
    for (const parameters of [undefined, []]) {
      const failure = connection.query('select 1 / (random() * 0)::int', parameters);
      await expect(failure).rejects.toMatchObject({ name: 'ServerError', sqlState: '22012' });
      expect(await connection.query('select 1 as one')).toEqual([{ one: '1' }]);
    }
    const midway = connection.query('select 1 / (10 - g) from generate_series(1, 20) g', []);
    await expect(midway).rejects.toBeInstanceOf(ServerError);
    expect(await connection.query('select 1 as one', [])).toEqual([{ one: '1' }]);
  });

  test('notices, settings that change and notifications may come at any time', async () => {
    const connection = await connected();
    await connection.query(`do $$ begin raise notice 'hear, hear'; end $$; listen news; notify news, 'x'`);
    await connection.query(`set timezone to 'Asia/Tokyo'`);
    expect(connection.parameters.get('TimeZone')).toBe('Asia/Tokyo');
    expect(await connection.query('select 1 as one')).toEqual([{ one: '1' }]);
  });

  test('a text of the server is cut and cleaned before it is shown', async () => {
    const connection = await connected();
    const text = `'a' || chr(27) || '[31m' || chr(8238) || chr(10) || repeat('x', 1000)`;
    const failure = await connection
      .query(`do $$ begin raise exception '%', ${text}; end $$`)
      .catch((error: unknown) => error as Error);
    expect(failure).toBeInstanceOf(ServerError);
    expect((failure as Error).message).toMatch(/^a \[31m x+…$/);
    expect((failure as Error).message).toHaveLength(300);
  });

  test.each(['copy (select 1) to stdout', 'copy pg_class from stdin', 'begin; copy (select 1) to stdout'])(
    'refuses %s, and gives the connection up',
    async (text) => {
      const connection = await connected({
        username: server.superuser.username,
        password: server.superuser.password,
      });
      await expect(connection.query(text)).rejects.toMatchObject({ code: 'protocol_error', step: 'server' });
      await expect(connection.query('select 1')).rejects.toMatchObject({ code: 'protocol_error' });
      await expect.poll(backends, POLL).toBe(0);
    },
  );

  test('one statement runs at a time', async () => {
    const connection = await connected();
    const first = connection.query('select pg_sleep(0.1)');
    await expect(connection.query('select 1')).rejects.toThrow('runs on this connection already');
    await first;
    expect(await connection.query('select 1 as one')).toEqual([{ one: '1' }]);
  });

  test('more bytes than are read in all give the connection up', async () => {
    const connection = await connected({}, { maxBytes: 100_000 });
    expect(await connection.query(`select length(repeat('x', 50000)) as n`)).toEqual([{ n: '50000' }]);
    const failure = connection.query(`select repeat('x', 1000) from generate_series(1, 1000)`);
    await expect(failure).rejects.toMatchObject({ code: 'too_much', step: 'server' });
    await expect.poll(backends, POLL).toBe(0);
  });

  test('a row longer than a message may be gives the connection up', async () => {
    const connection = await connected();
    const failure = connection.query(`select repeat('x', 2000000)`);
    await expect(failure).rejects.toMatchObject({ code: 'too_much' });
  });

  test('a backend that is ended says closed, during a statement and between two', async () => {
    const during = await connected();
    const running = during.query('select pg_sleep(60)');
    const between = await connected();
    const end = async ({ processId }: Connection) =>
      await sql`select pg_terminate_backend(${processId ?? 0})`;
    await end(during);
    await expect(running).rejects.toMatchObject({
      code: 'closed',
      message: expect.stringContaining('57P01'),
    });
    await end(between);
    await expect.poll(backends, POLL).toBe(0);
    await expect(between.query('select 1')).rejects.toMatchObject({ code: 'closed' });
    await expect(between.query('select 1')).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('each', () => {
  test('reads no further than rows are taken, and holds none', async () => {
    const connection = await connected({}, { maxBytes: 1e9 });
    const gate = Promise.withResolvers<void>();
    let rows = 0;
    const text = `select repeat('x', 1000) from generate_series(1, 100000)`;
    const done = connection.each(text, [], async () => {
      rows += 1;
      if (rows === 10) await gate.promise;
    });
    // A server that may not send waits for us to read.
    const waitsForUs = async () => {
      const [row] =
        await sql`select wait_event from pg_stat_activity where pid = ${connection.processId ?? 0}`;
      return row?.['wait_event'] as string;
    };
    await expect.poll(waitsForUs, POLL).toBe('ClientWrite');
    expect(rows).toBe(10);
    gate.resolve();
    await done;
    expect(rows).toBe(100_000);
  });

  test('a large result leaves the process to others meanwhile', async () => {
    const connection = await connected({ sslMode: 'disable' }, { maxBytes: 1e9 });
    let rows = 0;
    const count = () => void (rows += 1);
    await connection.each('select 1 from generate_series(1, 1000)', [], count);
    const turns = countTurns();
    await connection.each(`select g, g::text, repeat('x', 50) from generate_series(1, 300000) g`, [], count);
    const longestMs = turns.stop();
    expect(rows).toBe(301_000);
    expect(longestMs).toBeLessThan(50);
  });

  test('what onRow throws ends the statement, on the server too', async () => {
    const connection = await connected({}, { maxBytes: 1e9 });
    const stop = new Error('enough');
    const endless = connection.each('select generate_series(1, 1e12::bigint)', [], () => {
      throw stop;
    });
    await expect(endless).rejects.toBe(stop);
    await expect.poll(backends, POLL).toBe(0);
    const later = await connected({}, { maxBytes: 1e9 });
    await expect(
      later.each('select generate_series(1, 1e12::bigint)', [], async () => await Promise.reject(stop)),
    ).rejects.toBe(stop);
    await expect.poll(backends, POLL).toBe(0);
  });
});

describe('giving up', () => {
  test.each(['verify-full', 'disable'] as const)(
    'cancels what runs on the server and leaves nothing behind (%s)',
    async (sslMode) => {
      const controller = new AbortController();
      const connection = await connected({ sslMode }, { signal: controller.signal });
      const running = connection.query(`select pg_sleep(600)`);
      const isAsleep = async () => {
        const [row] =
          await sql`select wait_event from pg_stat_activity where pid = ${connection.processId ?? 0}`;
        return row?.['wait_event'] as string;
      };
      await expect.poll(isAsleep, POLL).toBe('PgSleep');
      controller.abort();
      await expect(running).rejects.toMatchObject({ code: 'cancelled', step: 'server' });
      // A backend that sleeps does not look after its client: it ends by nothing but the cancelling.
      await expect.poll(backends, POLL).toBe(0);
      await expect(connection.query('select 1')).rejects.toMatchObject({ code: 'cancelled' });
    },
  );

  test('a time limit says timeout', async () => {
    const connection = await connected({}, { signal: AbortSignal.timeout(1000) });
    await expect(connection.query('select pg_sleep(600)')).rejects.toMatchObject({
      code: 'timeout',
      step: 'server',
    });
    await expect.poll(backends, POLL).toBe(0);
  });

  test('at any moment on the way leaves no socket, no listener and no backend', async () => {
    const before = openSockets();
    const slow = await startProxy(server, { delayMs: 5 });
    const codes = new Set<string>();
    for (let afterMs = 0; afterMs < 80; afterMs += 4) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), afterMs);
      const attempt = connect(
        { ...target, port: slow.port, ca: undefined, sslMode: 'require' },
        { signal: controller.signal },
      );
      const result = await attempt
        .then(
          async (connection) => await connection.query('select pg_sleep(600)'),
          (error: unknown) => Promise.reject(error as Error),
        )
        .catch((error: unknown) => error as { code: string; step: string });
      codes.add('code' in result ? `${result.code} at ${result.step}` : 'nothing');
    }
    expect(Array.from(codes).filter((code) => !code.startsWith('cancelled'))).toEqual([]);
    expect(codes.size).toBeGreaterThan(1);
    await expect.poll(backends, POLL).toBe(0);
    await slow.stop();
    await expect.poll(openSockets, POLL).toBeLessThanOrEqual(before);
  });

  test('close says goodbye, is done at once the second time, and ends a statement that runs', async () => {
    const connection = await connected();
    await connection.close();
    await connection.close();
    await expect(connection.query('select 1')).rejects.toMatchObject({ code: 'closed' });
    const busy = await connected();
    const running = busy.query('select pg_sleep(600)');
    const failure = expect(running).rejects.toMatchObject({ code: 'closed' });
    await busy.close();
    await failure;
    await expect.poll(backends, POLL).toBe(0);
  });
});
