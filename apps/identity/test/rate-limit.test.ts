import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRateLimiter, type RateLimiter } from '../src/rate-limit.ts';
import { createTestDatabase } from './postgres.ts';
import { openInstance, type Instance } from './support.ts';

const RULE = { window: 60, max: 3 };
let instance: Instance;
let limiter: RateLimiter;

beforeAll(async () => {
  instance = await openInstance((await createTestDatabase()).url);
  limiter = createRateLimiter(instance.db);
});
afterAll(async () => await instance.close());

async function passTime(key: string, seconds: number): Promise<void> {
  await instance.db
    .updateTable('rateLimit')
    .set((eb) => ({ lastRequest: eb('lastRequest', '-', String(seconds * 1000)) }))
    .where('key', '=', key)
    .execute();
}

describe('the rate limiter', () => {
  it('lets a steady caller below the limit go on for ever', async () => {
    for (let count = 0; count < 20; count += 1) {
      expect((await limiter.consume('steady', RULE)).allowed).toBe(true);
      await passTime('steady', 25);
    }
  });

  it('tells how long to wait, and no request beyond the limit makes the wait longer', async () => {
    for (let count = 0; count < 3; count += 1) await limiter.consume('burst', RULE);
    await passTime('burst', 50);
    for (let count = 0; count < 5; count += 1) {
      expect(await limiter.consume('burst', RULE)).toEqual({ allowed: false, retryAfter: 10 });
    }
    await passTime('burst', 10);
    expect(await limiter.consume('burst', RULE)).toEqual({ allowed: true, retryAfter: null });
  });

  it('counts fifty simultaneous requests exactly', async () => {
    const verdicts = await Promise.all(
      Array.from({ length: 50 }, async () => await limiter.consume('rush', RULE)),
    );
    expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(3);
  });

  it('sweeps counters that nobody has touched for an hour', async () => {
    await limiter.consume('stale', RULE);
    await passTime('stale', 3_700);
    // One request in two hundred sweeps: three thousand miss it once in three million runs.
    for (let count = 0; count < 60; count += 1) {
      await Promise.all(Array.from({ length: 50 }, async () => await limiter.consume('busy', RULE)));
    }
    expect(
      await instance.db.selectFrom('rateLimit').select('id').where('key', '=', 'stale').execute(),
    ).toEqual([]);
  });
});
