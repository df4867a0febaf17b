import type { MiddlewareHandler } from 'hono';
import { describe, expect, test } from 'vitest';
import { startTestApi } from './harness.ts';
import { DAY_MS } from './support.ts';

test('a fresh instance that can reach its services is healthy, live and ready', async () => {
  const api = await startTestApi();
  const health = await api.send('GET', '/v1/health');
  expect(health.body).toEqual({
    status: 'ok',
    version: '0.1.0',
    image_sha: 'test',
    timestamp: api.clock.now().toISOString(),
  });
  expect((await api.send('GET', '/livez')).body).toEqual({ status: 'ok' });
  const ready = await api.send('GET', '/readyz');
  expect([ready.status, ready.body]).toEqual([
    200,
    { status: 'ready', checks: { database: 'ok', keys: 'ok', accepting: 'ok' } },
  ]);
  await api.close();
});

test('an instance that is told to stop is live, not ready, and keeps no connection', async () => {
  const api = await startTestApi({ isDraining: () => true });
  const answer = await api.send('GET', '/readyz');
  expect([answer.status, answer.body]).toEqual([
    503,
    { status: 'not_ready', checks: { database: 'ok', keys: 'ok', accepting: 'failed' } },
  ]);
  expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(answer.headers.get('connection')).toBe('close');
  expect((await api.send('GET', '/livez')).status).toBe(200);
  await api.close();
});

test('however many ask for the health at once, without a limit and without a token, the database is asked once', async () => {
  const base = await startTestApi();
  let asked = 0;
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const checkReady = async () => {
    asked += 1;
    await gate;
  };
  let arrived = 0;
  const observer: MiddlewareHandler = async (_c, next) => {
    arrived += 1;
    await next();
  };
  const api = await startTestApi({ store: { ...base.store, checkReady }, observers: [observer] });
  const first = api.send('GET', '/readyz');
  await expect.poll(() => asked).toBe(1);
  const others = Array.from({ length: 50 }, async (_, n) =>
    api.send('GET', n % 2 === 0 ? '/readyz' : '/v1/health'),
  );
  await expect.poll(() => arrived).toBe(1 + others.length);
  open();
  const answers = await Promise.all([first, ...others]);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(asked).toBeLessThan(5);
  await api.send('GET', '/readyz');
  expect(asked).toBeGreaterThan(1);
  await Promise.all([api.close(), base.close()]);
});

describe('while the issuer is down', () => {
  test('and there are no keys: degraded and not ready, but live; and well again when it is back', async () => {
    const api = await startTestApi();
    api.issuer.setMood('failing');
    expect((await api.send('GET', '/v1/health')).body).toMatchObject({ status: 'degraded' });
    const ready = await api.send('GET', '/readyz');
    expect([ready.status, ready.body]).toMatchObject([503, { checks: { database: 'ok', keys: 'failed' } }]);
    expect(ready.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect((await api.send('GET', '/livez')).status).toBe(200);
    api.issuer.setMood('well');
    api.clock.advance(1_000);
    expect((await api.send('GET', '/v1/health')).body).toMatchObject({ status: 'ok' });
    expect((await api.send('GET', '/readyz')).status).toBe(200);
    await api.close();
  });

  test('and the keys are at hand: nothing is wrong, until they are too old', async () => {
    const api = await startTestApi();
    expect((await api.send('GET', '/readyz')).status).toBe(200);
    api.issuer.setMood('failing');
    api.clock.advance(10 * 60_000);
    expect((await api.send('GET', '/readyz')).status).toBe(200);
    api.clock.advance(DAY_MS);
    expect((await api.send('GET', '/readyz')).status).toBe(503);
    await api.close();
  });
});
