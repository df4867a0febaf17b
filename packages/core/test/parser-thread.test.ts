import { spawnSync } from 'node:child_process';
import { describe, expect, test, vi } from 'vitest';
import { normalizeStatement } from '../src/cache-rules/normalize-statement.ts';
import { createParserThread } from '../src/cache-rules/parser-thread.ts';

/** A thread that answers its own number and does what a text bids it, in place of the parser. */
const OBEDIENT = `
  import { parentPort, threadId } from 'node:worker_threads';
  parentPort.on('message', (sql) => {
    if (sql === 'hang') for (;;);
    if (sql === 'wait') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    if (sql === 'throw') throw new Error('thrown');
    if (sql === 'exit') process.exit();
    if (sql === 'fill') for (const all = []; ; ) all.push(Array.from({ length: 1000 }, () => ({})));
    if (sql === 'fault') return parentPort.postMessage({ fault: 'TypeError' });
    if (sql === 'environment') return parentPort.postMessage({ refused: JSON.stringify(process.env) });
    parentPort.postMessage({ refused: String(threadId) });
  });`;
const file = new URL(`data:text/javascript,${encodeURIComponent(OBEDIENT)}`);
const LONG_MS = 60_000;
const options = { file, maxWaiting: 20, boundMs: LONG_MS, patienceMs: LONG_MS, idleMs: LONG_MS };

test('one thread serves all, in the order in which they came', async () => {
  const { judge } = createParserThread(options);
  const order: number[] = [];
  const verdicts = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => await judge('').finally(() => order.push(index))),
  );
  expect(new Set(verdicts.map((verdict) => JSON.stringify(verdict))).size).toBe(1);
  expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
});

test('whoever comes when as many wait as may is told to come again, and the others are served', async () => {
  const { judge } = createParserThread({ ...options, maxWaiting: 2 });
  const served = Array.from({ length: 3 }, async () => await judge(''));
  await expect(judge('')).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 2 });
  await Promise.all(served);
  expect(await judge('')).toHaveProperty('refused');
});

test.each([
  ['takes too long', 'hang', { code: 'INVALID_INPUT', details: [{ field: 'sql' }] }],
  ['throws', 'throw', { message: 'thrown' }],
  ['ends its thread', 'exit', { message: 'the thread of the SQL parser has ended' }],
  ['fills the memory of its thread', 'fill', { code: 'ERR_WORKER_OUT_OF_MEMORY' }],
  ['fails', 'fault', { message: 'the SQL parser failed: TypeError' }],
])('a text that %s is told so, and those behind it get a new thread', async (_what, text, reason) => {
  const { judge } = createParserThread({ ...options, ...(text === 'hang' && { boundMs: 1000 }) });
  const before = await judge('');
  const [bad, ...others] = await Promise.allSettled([judge(text), judge(''), judge('')]);
  expect(bad).toMatchObject({ status: 'rejected', reason });
  for (const other of others) expect(other.status).toBe('fulfilled');
  expect(others[0]).toEqual(others[1]);
  expect(others[0]).not.toEqual({ status: 'fulfilled', value: before });
});

test('a text whose thread gets no time is not told that it is too long, and those behind it get a new thread', async () => {
  const { judge } = createParserThread({ ...options, patienceMs: 5000 });
  const [starved, other] = await Promise.allSettled([judge('wait'), judge('')]);
  expect(starved).toMatchObject({
    status: 'rejected',
    reason: { code: 'UNAVAILABLE', retryAfterSeconds: 2 },
  });
  expect(other.status).toBe('fulfilled');
});

test('a thread without work is ended, and the next text gets a new one', async () => {
  const { judge } = createParserThread({ ...options, idleMs: 1 });
  const first = await judge('');
  await vi.waitFor(async () => expect(await judge('')).not.toEqual(first), { timeout: 30_000 });
});

test('the thread sees nothing of the environment', async () => {
  expect(await createParserThread(options).judge('environment')).toEqual({ refused: '{}' });
});

describe('the parser', () => {
  const LONGEST = `SELECT a FROM t WHERE a IN (${'1,'.repeat(4980)}1)`;

  test('leaves the event loop to others while it works through statements of the greatest length', async () => {
    // The start of a parser is no work: the loop would turn also where it runs on the same thread.
    await normalizeStatement('select 1');
    let turns = 0;
    const state = { isDone: false };
    const done = Promise.all(Array.from({ length: 10 }, async () => await normalizeStatement(LONGEST)));
    void done.finally(() => (state.isDone = true));
    while (!state.isDone) {
      turns += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await done).toHaveLength(10);
    // On the parser's own thread there would be one or two for each statement.
    expect(turns).toBeGreaterThan(1000);
  });

  test('keeps no process alive, neither at work nor without', () => {
    const module = new URL('../src/cache-rules/normalize-statement.ts', import.meta.url);
    const program = `
      const { normalizeStatement } = await import('${module.href}');
      const alive = setInterval(() => {}, 1000);
      console.log((await normalizeStatement('select 1')).queryHash);
      clearInterval(alive);
      process.on('exit', () => console.log('ends'));
      if (process.argv.at(-1) === 'working') void normalizeStatement(${JSON.stringify(LONGEST)});`;
    for (const state of ['idle', 'working']) {
      const { stdout, status } = spawnSync(
        process.execPath,
        ['--input-type=module', '--eval', program, state],
        { encoding: 'utf8', timeout: 30_000 },
      );
      expect([stdout, status], state).toEqual(['50fde20626009aba\nends\n', 0]);
    }
  });
});
