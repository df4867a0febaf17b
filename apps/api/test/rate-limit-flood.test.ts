import { SignJWT, generateKeyPair, type CryptoKey } from 'jose';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { memoryCounter } from '../src/rate-limit/counter.ts';
import { createRateLimits } from '../src/rate-limit/rate-limits.ts';
import { startTestApi, type TestApi } from './harness.ts';

/** Below what one instance takes in at once, so that none is refused for that. */
const FLOOD = 500;
const MANY = 1_000_000;
const WINDOW_SECONDS = 600;

let strangersKey: CryptoKey;
beforeAll(async () => {
  strangersKey = (await generateKeyPair('ES256')).privateKey;
});

let api: TestApi;
afterEach(async () => await api.close());

async function start(failures: number): Promise<TestApi> {
  const rateLimits = createRateLimits({
    ...{ actors: memoryCounter(WINDOW_SECONDS), rates: () => MANY, windowSeconds: WINDOW_SECONDS },
    ...{ addressRequestsPerSecond: MANY, addressFailuresPerSecond: failures / WINDOW_SECONDS },
  });
  return await startTestApi({ rateLimits });
}

/** All that a token of ours says, under a key that is not its issuer's. */
async function forge(kid: string): Promise<string> {
  const now = Math.floor(api.clock.now().getTime() / 1000);
  return await new SignJWT({ orgs: [] })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setSubject('user_evil')
    .setIssuer(api.issuer.url)
    .setAudience('headgate')
    .setIssuedAt(now)
    .setExpirationTime(now + 600)
    .sign(strangersKey);
}

/** Invented key ids, and between them the id of the real key under a wrong signature. */
async function flood(): Promise<Record<number, number>> {
  const real = String(api.issuer.publicJwk().kid);
  const tokens = await Promise.all(
    Array.from(
      { length: FLOOD },
      async (_, n) => await forge(n % 5 === 0 ? real : `invented-${crypto.randomUUID()}`),
    ),
  );
  const byStatus: Record<number, number> = {};
  await Promise.all(
    tokens.map(async (token) => {
      const { status } = await api.send('GET', '/v1/regions', { token });
      byStatus[status] = (byStatus[status] ?? 0) + 1;
    }),
  );
  return byStatus;
}

const statusOf = async (token: string) => (await api.send('GET', '/v1/regions', { token })).status;

describe('five hundred forged tokens at once', () => {
  test('without a bound on their address make the issuer be asked twice at most, and good tokens go on', async () => {
    api = await start(MANY);
    const good = await api.issuer.token({ expiresInSeconds: 3600 });
    expect(await statusOf(good)).toBe(200);
    const [answers, during] = await Promise.all([flood(), statusOf(good)]);
    expect(answers).toEqual({ 401: FLOOD });
    expect(during).toBe(200);
    expect(api.issuer.requests()).toBeLessThanOrEqual(2);
    expect(await statusOf(good)).toBe(200);
    expect(await statusOf(await api.issuer.token({ subject: 'user_new' }))).toBe(200);
    expect(api.issuer.requests()).toBeLessThanOrEqual(2);
  });

  test('to an instance that knows no key yet make the issuer be asked twice at most', async () => {
    api = await start(MANY);
    expect(await flood()).toEqual({ 401: FLOOD });
    expect(api.issuer.requests()).toBeLessThanOrEqual(2);
    expect(await statusOf(await api.issuer.token())).toBe(200);
    expect(api.issuer.requests()).toBeLessThanOrEqual(2);
  });

  test('with the bound are looked at only until it is reached, and from then on not even the issuer can be asked', async () => {
    api = await start(50);
    const answers = await flood();
    expect((answers[401] ?? 0) + (answers[429] ?? 0)).toBe(FLOOD);
    expect(answers[401]).toBeGreaterThanOrEqual(50);
    const asked = api.issuer.requests();
    expect(asked).toBeLessThanOrEqual(2);
    // Whatever the clock says, and however many more come: none is looked at.
    api.clock.advance(60_000);
    expect(await flood()).toEqual({ 429: FLOOD });
    expect(api.issuer.requests()).toBe(asked);
  });

  test('with the bound are held to it too while the issuer fails, which nobody is made to wait for without end', async () => {
    api = await start(50);
    expect(await statusOf(await api.issuer.token())).toBe(200);
    api.issuer.setMood('failing');
    api.clock.advance(60_000);
    const answers = await flood();
    expect((answers[401] ?? 0) + (answers[429] ?? 0) + (answers[503] ?? 0)).toBe(FLOOD);
    expect(answers[503]).toBeGreaterThanOrEqual(1);
    expect(await flood()).toEqual({ 429: FLOOD });
  });
});
