import type { TestActor } from '@headgate/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { HOUR_MS, MINUTE_MS, expectRefusal } from './support.ts';

const COOLDOWN_MS = 30_000;
const FAILED_COOLDOWN_MS = 1_000;

let api: TestApi;
let owner: TestActor;
beforeEach(async () => {
  api = await startTestApi();
  ({ owner } = await api.createOrganization());
});
afterEach(async () => await api.close());

const ask = async (token: string) => await api.send('GET', '/v1/regions', { token });
const statusOf = async (token: string) => (await ask(token)).status;
const lasting = async () => await api.issuer.token({ subject: owner.userId, expiresInSeconds: 24 * 3600 });

describe('the keys', () => {
  test('are fetched once for many requests at once, not before the first', async () => {
    expect(api.issuer.requests()).toBe(0);
    const tokens = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => await api.issuer.token({ subject: `user_${n}` })),
    );
    expect(new Set(await Promise.all(tokens.map(statusOf)))).toEqual(new Set([200]));
    expect(api.issuer.requests()).toBe(1);
  });

  test('are fetched again when they are five minutes old, without a request that waits for it', async () => {
    const token = await lasting();
    await ask(token);
    api.clock.advance(5 * MINUTE_MS);
    expect(await statusOf(token)).toBe(200);
    await expect.poll(() => api.issuer.requests()).toBe(2);
  });
});

describe('when the issuer rotates its keys', () => {
  test('a token of the new key is accepted with its first request, and one of the old key still', async () => {
    const old = await lasting();
    expect(await statusOf(old)).toBe(200);
    api.clock.advance(COOLDOWN_MS);
    await api.issuer.rotate();
    expect(await statusOf(await lasting())).toBe(200);
    expect(await statusOf(old)).toBe(200);
    expect(api.issuer.requests()).toBe(2);
  });

  test('a token of a key that is gone is refused after the refresh, although it was accepted and remembered before', async () => {
    const old = await lasting();
    expect(await statusOf(old)).toBe(200);
    await api.issuer.rotate({ keepOld: false });
    expect(await statusOf(old)).toBe(200);
    api.clock.advance(COOLDOWN_MS);
    expect(await statusOf(await lasting())).toBe(200);
    const refused = await ask(old);
    expect(refused.status).toBe(401);
    expect(expectRefusal(refused, { code: 'UNAUTHORIZED' }).message).toContain(
      'key that its issuer does not publish',
    );
  });

  test('a key that was withdrawn is found out within five minutes of use, without any new token', async () => {
    const old = await lasting();
    await ask(old);
    await api.issuer.rotate({ keepOld: false });
    api.clock.advance(5 * MINUTE_MS);
    await ask(old);
    await expect.poll(async () => await statusOf(old)).toBe(401);
  });
});

test('a clock that is set back by an hour keeps nobody from hearing of a new key', async () => {
  const old = await lasting();
  api.clock.advance(HOUR_MS);
  expect(await statusOf(old)).toBe(200);
  api.clock.advance(-HOUR_MS);
  await api.issuer.rotate();
  expect(await statusOf(await lasting())).toBe(200);
  expect(await statusOf(old)).toBe(200);
});

describe('a flood of two hundred tokens with unknown keys', () => {
  const flood = async () => {
    const tokens = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => await api.issuer.token({ kid: `unknown-${n}` })),
    );
    return await Promise.all(tokens.map(statusOf));
  };

  test('makes the issuer be asked once in 30 s at most, and lets others in meanwhile', async () => {
    const token = await lasting();
    await ask(token);
    expect(new Set(await flood())).toEqual(new Set([401]));
    expect(api.issuer.requests()).toBe(1);
    api.clock.advance(COOLDOWN_MS);
    expect(new Set(await flood())).toEqual(new Set([401]));
    expect(api.issuer.requests()).toBe(2);
    api.clock.advance(COOLDOWN_MS - 1);
    expect(new Set(await flood())).toEqual(new Set([401]));
    expect(api.issuer.requests()).toBe(2);
    expect(await statusOf(token)).toBe(200);
  });

  test('is answered 503 while the issuer is down, which is asked once in a second at most', async () => {
    await ask(await lasting());
    api.issuer.setMood('failing');
    api.clock.advance(COOLDOWN_MS);
    expect(new Set(await flood())).toEqual(new Set([503]));
    expect(api.issuer.requests()).toBe(2);
    api.clock.advance(FAILED_COOLDOWN_MS - 1);
    expect(new Set(await flood())).toEqual(new Set([503]));
    expect(api.issuer.requests()).toBe(2);
  });
});

test('a remembered token is refused once it has expired by the clock', async () => {
  const token = await api.issuer.token({ expiresInSeconds: 60 });
  expect(await statusOf(token)).toBe(200);
  api.clock.advance(64_000);
  expect(await statusOf(token)).toBe(200);
  api.clock.advance(1_000);
  const refused = await ask(token);
  expect(refused.status).toBe(401);
  expect(expectRefusal(refused, { code: 'UNAUTHORIZED' }).message).toContain('expired');
});

describe('while the issuer is down', () => {
  test.each(['failing', 'nonsense', 'empty'] as const)(
    '(%s) known tokens go on for an hour by the clock, then get 503 with Retry-After',
    async (mood) => {
      const token = await lasting();
      expect(await statusOf(token)).toBe(200);
      api.issuer.setMood(mood);
      api.clock.advance(HOUR_MS - 1);
      expect(await statusOf(token)).toBe(200);
      expect(await statusOf(await lasting())).toBe(200);
      api.clock.advance(COOLDOWN_MS);
      const refused = await ask(token);
      expect(refused.status).toBe(503);
      expectRefusal(refused, { code: 'UNAVAILABLE' });
      expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(refused.text).not.toContain(api.issuer.url);
    },
  );

  test('and it comes back, tokens are accepted again without a restart', async () => {
    const token = await lasting();
    await ask(token);
    api.issuer.setMood('failing');
    api.clock.advance(2 * HOUR_MS);
    expect(await statusOf(token)).toBe(503);
    api.issuer.setMood('well');
    api.clock.advance(FAILED_COOLDOWN_MS);
    expect(await statusOf(token)).toBe(200);
  });

  test('a token of its new key gets 503, since nobody can tell what it is, and 200 a second after it is back', async () => {
    await ask(await lasting());
    api.issuer.setMood('failing');
    await api.issuer.rotate();
    api.clock.advance(COOLDOWN_MS);
    const token = await lasting();
    const refused = await ask(token);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    api.issuer.setMood('well');
    api.clock.advance(FAILED_COOLDOWN_MS);
    expect(await statusOf(token)).toBe(200);
  });

  test('from the start, tokens get 503 and not 401, and the issuer is asked again every second', async () => {
    api.issuer.setMood('nonsense');
    const token = await lasting();
    expect(await statusOf(token)).toBe(503);
    expect(await statusOf(token)).toBe(503);
    expect(api.issuer.requests()).toBe(1);
    api.issuer.setMood('well');
    api.clock.advance(1_000);
    expect(await statusOf(token)).toBe(200);
  });

  test('and does not answer at all, a request that needs its keys is answered 503 within seconds', async () => {
    api.issuer.setMood('silent');
    const startedAt = performance.now();
    const token = await lasting();
    expect(new Set(await Promise.all([1, 2, 3].map(async () => await statusOf(token))))).toEqual(
      new Set([503]),
    );
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    expect(api.issuer.requests()).toBe(1);
  });

  test('and does not answer at all, a known token is not kept waiting', async () => {
    const token = await lasting();
    await ask(token);
    api.issuer.setMood('silent');
    api.clock.advance(10 * MINUTE_MS);
    const startedAt = performance.now();
    expect(await statusOf(token)).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
