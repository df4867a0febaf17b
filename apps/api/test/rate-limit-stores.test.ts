import type { Clock } from '@headgate/core';
import { MAX_ORGANIZATION_ID_CHARS } from '@headgate/schema';
import { createTestClock, createTestDatabase, type TestClock } from '@headgate/testing';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import type { RateLimitStore } from '../src/config/index.ts';
import type { Count, Counter } from '../src/rate-limit/counter.ts';
import { insureCounter } from '../src/rate-limit/insured-counter.ts';
import { openActorCounter } from '../src/rate-limit/open-counter.ts';
import { createRateLimits } from '../src/rate-limit/rate-limits.ts';
import { capturedLog, startTestApi, type TestApi } from './harness.ts';
import { HOUR_MS } from './support.ts';
import { REDIS_PROGRAM, startTestRedis, type TestRedis } from './redis-server.ts';

const WITHOUT_REDIS =
  REDIS_PROGRAM === undefined ? ' (skipped: neither valkey-server nor redis-server is on this machine)' : '';
if (WITHOUT_REDIS !== '') {
  process.stderr.write(
    `Counting in Redis is NOT tested${WITHOUT_REDIS}: install one of them, such as Debian's redis-server.\n`,
  );
}

/** Far longer than any test, so that none sees the end of a window by accident. */
const LONG_SECONDS = 600;
const MANY = 1_000_000;
/** Where the test is about what is counted, not about how soon. */
const PATIENT_MS = 20_000;

type Opened = Awaited<ReturnType<typeof openActorCounter>>;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function open(
  store: RateLimitStore,
  over: { databaseUrl?: string; windowSeconds?: number; clock?: Clock; timeoutMs?: number } = {},
): Promise<Opened & { readonly logs: () => string }> {
  const { log, logs } = capturedLog();
  const { databaseUrl = 'postgresql://127.0.0.1:1/none', windowSeconds = LONG_SECONDS } = over;
  const clock = over.clock ?? createTestClock();
  const counter = await openActorCounter({
    store,
    databaseUrl,
    windowSeconds,
    clock,
    log,
    ...(over.timeoutMs !== undefined && { timeoutMs: over.timeoutMs }),
  });
  closing.push(counter.close);
  return { ...counter, logs };
}

const times = <T>(count: number, work: (n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, async (_, n) => await work(n)));
const numbers = (counts: readonly Count[]) => counts.map(({ count }) => count).toSorted((a, b) => a - b);
const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);
const warnings = (logs: string) =>
  logs.split('\n').filter((line) => line.includes('each instance counts for itself'));

/** Two APIs of one limit, each with a counter of its own over the same store. */
async function startTwo(openOne: () => Promise<Counter>, quota: number): Promise<[TestApi, TestApi]> {
  const start = async (over = {}) => {
    const rateLimits = createRateLimits({
      ...{ actors: await openOne(), windowSeconds: LONG_SECONDS, rates: () => quota / LONG_SECONDS },
      ...{ addressRequestsPerSecond: MANY, addressFailuresPerSecond: MANY },
    });
    const api = await startTestApi({ rateLimits, ...over });
    closing.push(api.close);
    return api;
  };
  return [await start(), await start()];
}

/** Sends as one person to both at once, and counts the answers by status. */
async function flood([one, two]: readonly TestApi[], count: number): Promise<Record<number, number>> {
  const byStatus: Record<number, number> = {};
  await times(count, async (n) => {
    const api = n % 2 === 0 ? one : two;
    const token = await api?.issuer.token({ subject: 'user_everywhere' });
    const { status } = (await api?.send('GET', '/v1/regions', { token })) ?? {};
    byStatus[status ?? 0] = (byStatus[status ?? 0] ?? 0) + 1;
  });
  return byStatus;
}

function describeShared(
  name: string,
  openOne: (windowSeconds?: number) => Promise<Opened & { logs: () => string }>,
) {
  test(`${name}: the limit holds over two instances together`, async () => {
    const apis = await startTwo(openOne, 30);
    expect(await flood(apis, 100)).toEqual({ 200: 30, 429: 70 });
  });

  test(`${name}: no count is lost and none is given twice when two count at once`, async () => {
    const [one, two] = [await openOne(), await openOne()];
    const counts = await times(100, async (n) => await (n % 2 === 0 ? one : two).count('user:racer'));
    expect(numbers(counts)).toEqual(upTo(100));
    expect((await one.count('user:other')).count).toBe(1);
    expect(one.logs() + two.logs()).toBe('');
  });

  test(`${name}: a window ends, and the next counts anew`, async () => {
    const counter = await openOne(1);
    const { count, leftMs } = await counter.count('user:again');
    expect(count).toBe(1);
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(1_000);
    const counted: number[] = [1];
    await expect
      .poll(
        async () => {
          counted.push((await counter.count('user:again')).count);
          return counted.at(-1);
        },
        { timeout: 5_000, interval: 50 },
      )
      .toBe(1);
  });

  test(`${name}: a window that was begun by a clock an hour ahead is begun anew when the clock is right again`, async () => {
    const counter = await openOne(10);
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    vi.setSystemTime(Date.now() + HOUR_MS);
    await times(5, async () => await counter.count('user:early'));
    vi.useRealTimers();
    const { count, leftMs } = await counter.count('user:early');
    // Redis counts time by itself, as it passes: there it is one of its ten seconds.
    expect([1, 6]).toContain(count);
    expect(leftMs).toBeLessThanOrEqual(10_000);
  });

  test(`${name}: ids of the greatest length are counted there, and apart`, async () => {
    const counter = await openOne();
    const limits = createRateLimits({
      ...{ actors: counter, windowSeconds: LONG_SECONDS, rates: () => 1 },
      ...{ addressRequestsPerSecond: MANY, addressFailuresPerSecond: MANY },
    });
    const leftTo = async (id: string) => {
      const actor = { kind: 'user' as const, id, organizations: [], toldAt: new Date(0) };
      return (await limits.countActor(actor)).remaining;
    };
    const start = 'x'.repeat(MAX_ORGANIZATION_ID_CHARS - 1);
    expect([await leftTo(`${start}a`), await leftTo(`${start}b`), await leftTo(`${start}a`)]).toEqual([
      599, 599, 598,
    ]);
    expect(counter.logs()).toBe('');
  });
}

describe('in PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => await database.drop());

  describeShared(
    'shared',
    async (windowSeconds = LONG_SECONDS) =>
      await open('postgres', { databaseUrl: database.url, windowSeconds, timeoutMs: PATIENT_MS }),
  );
});

describe.skipIf(REDIS_PROGRAM === undefined)(`in Redis${WITHOUT_REDIS}`, () => {
  let redis: TestRedis;
  beforeEach(async () => {
    redis = await startTestRedis();
  });
  afterEach(async () => await redis.kill());

  describeShared(
    'shared',
    async (windowSeconds = LONG_SECONDS) =>
      await open({ url: redis.url }, { windowSeconds, timeoutMs: PATIENT_MS }),
  );

  test('that is lost, each instance counts for itself, says so once a minute, and goes back when it returns', async () => {
    const clock = createTestClock();
    const counter = await open({ url: redis.url }, { clock });
    expect((await counter.count('user:a')).count).toBe(1);
    await redis.kill();
    const counts = await times(20, async () => await counter.count('user:a'));
    expect(numbers(counts)).toEqual(upTo(20));
    expect(warnings(counter.logs())).toHaveLength(1);
    clock.advance(59_000);
    await times(20, async () => await counter.count('user:a'));
    expect(warnings(counter.logs())).toHaveLength(1);
    clock.advance(1_000);
    await times(20, async () => await counter.count('user:a'));
    expect(warnings(counter.logs())).toHaveLength(2);
    await redis.revive();
    // It knows nothing any more: the first count is 1 again.
    await expect
      .poll(
        async () => {
          clock.advance(1_000);
          return (await counter.count('user:a')).count;
        },
        { timeout: 10_000, interval: 50 },
      )
      .toBe(1);
    expect(counter.logs()).toContain('answers again');
  });

  test('that does not answer holds no request up, and is asked by one request a second', async () => {
    const counter = await open({ url: redis.url });
    await counter.count('user:a');
    redis.freeze();
    const startedAt = performance.now();
    expect(numbers(await times(50, async () => await counter.count('user:a')))).toEqual(upTo(50));
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    const laterAt = performance.now();
    for (let n = 0; n < 50; n += 1) await counter.count('user:a');
    expect(performance.now() - laterAt).toBeLessThan(200);
    redis.thaw();
  });
});

describe('a shared store that cannot be reached', () => {
  test.each<[string, RateLimitStore]>([
    ['PostgreSQL', 'postgres'],
    ['Redis', { url: 'redis://user:s3cret@127.0.0.1:1' }],
  ])('(%s) is no reason not to start: requests are counted in memory', async (_name, store) => {
    const counter = await open(store);
    expect(numbers(await times(5, async () => await counter.count('user:a')))).toEqual(upTo(5));
    expect(warnings(counter.logs())).toHaveLength(1);
    expect(counter.logs()).not.toContain('s3cret');
  });
});

test('a shared store that never answers holds requests up for a moment once, and then no more', async () => {
  const counter = insureCounter({
    shared: { count: async () => await new Promise<never>(() => {}) },
    insurance: { count: async () => ({ count: 1, leftMs: 1 }) },
    ...{ clock: createTestClock(), log: capturedLog().log },
  });
  const startedAt = performance.now();
  expect(numbers(await times(100, async () => await counter.count('a')))).toEqual(Array(100).fill(1));
  const heldUpMs = performance.now() - startedAt;
  expect(heldUpMs).toBeGreaterThan(200);
  expect(heldUpMs).toBeLessThan(2_000);
  const laterAt = performance.now();
  await times(100, async () => await counter.count('a'));
  expect(performance.now() - laterAt).toBeLessThan(200);
});

describe('while the shared store fails', () => {
  let clock: TestClock;
  let asked: number;
  let fail: boolean;
  let counter: Counter;
  beforeEach(() => {
    clock = createTestClock();
    [asked, fail] = [0, true];
    counter = insureCounter({
      shared: {
        count: async () => {
          asked += 1;
          if (fail) throw new Error('down');
          return { count: 1000, leftMs: 1 };
        },
      },
      insurance: { count: async () => ({ count: 1, leftMs: 1 }) },
      ...{ clock, log: capturedLog().log },
    });
  });

  test('it is left alone for a second by the clock, then one request tries it for all', async () => {
    await counter.count('a');
    await times(20, async () => await counter.count('a'));
    expect(asked).toBe(1);
    clock.advance(1_000);
    expect(new Set(numbers(await times(20, async () => await counter.count('a'))))).toEqual(new Set([1]));
    expect(asked).toBe(2);
  });

  test('it is asked again at once when the clock was set back by an hour', async () => {
    await counter.count('a');
    clock.advance(-HOUR_MS);
    await counter.count('a');
    expect(asked).toBe(2);
  });

  test('all count there again as soon as that request was answered', async () => {
    await counter.count('a');
    fail = false;
    clock.advance(1_000);
    expect((await counter.count('a')).count).toBe(1000);
    expect(numbers(await times(3, async () => await counter.count('a')))).toEqual([1000, 1000, 1000]);
  });
});
