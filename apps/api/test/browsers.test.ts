import type { TestActor } from '@headgate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';

const CONSOLE = 'https://console.example.com';

let api: TestApi;
let closed: TestApi;
let owner: TestActor;
beforeAll(async () => {
  [api, closed] = await Promise.all([
    startTestApi({ corsOrigins: [CONSOLE, 'http://localhost:3000'] }),
    startTestApi(),
  ]);
  ({ owner } = await api.createOrganization());
});
afterAll(async () => {
  await Promise.all([api.close(), closed.close()]);
});

const preflight = async (of: TestApi, origin: string, method = 'PATCH') => {
  const headers = {
    Origin: origin,
    'Access-Control-Request-Method': method,
    'Access-Control-Request-Headers': 'authorization',
  };
  return await of.send('OPTIONS', '/v1/projects', { headers });
};
const allowed = (answer: { headers: Headers }) => answer.headers.get('access-control-allow-origin');

describe('a configured origin', () => {
  test('may ask before it sends, without credentials, for all that clients send', async () => {
    const answer = await preflight(api, CONSOLE);
    expect(answer.status).toBe(204);
    expect(allowed(answer)).toBe(CONSOLE);
    for (const method of ['GET', 'POST', 'PATCH', 'PUT', 'DELETE']) {
      expect(answer.headers.get('access-control-allow-methods')).toContain(method);
    }
    for (const name of [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'If-None-Match',
      'X-API-Key',
      'X-Request-Id',
    ]) {
      expect(answer.headers.get('access-control-allow-headers')).toContain(name);
    }
  });

  test('may read answers, also refusals, and the headers that clients need', async () => {
    const headers = { Origin: CONSOLE };
    const answers = [
      await api.send('GET', '/v1/regions', { as: owner, headers }),
      await api.send('GET', '/v1/regions', { headers }),
      await api.send('GET', '/v1/nowhere', { as: owner, headers }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 404]);
    for (const answer of answers) {
      expect(allowed(answer)).toBe(CONSOLE);
      expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin');
      for (const name of [
        'ETag',
        'Location',
        'RateLimit',
        'RateLimit-Policy',
        'Retry-After',
        'X-Request-Id',
        'Idempotency-Replayed',
      ]) {
        expect(answer.headers.get('access-control-expose-headers')?.split(',')).toContain(name);
      }
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });
});

describe('any other origin is let in nowhere', () => {
  test.each([
    'https://evil.example.com',
    'https://console.example.com.evil.example',
    'http://console.example.com',
    'https://console.example.com:8443',
    'null',
  ])('%s', async (origin) => {
    expect(allowed(await preflight(api, origin))).toBeNull();
    expect(
      allowed(await api.send('GET', '/v1/regions', { as: owner, headers: { Origin: origin } })),
    ).toBeNull();
  });

  test('and none where none is configured', async () => {
    expect(allowed(await preflight(closed, CONSOLE))).toBeNull();
    expect(allowed(await closed.send('GET', '/v1/health', { headers: { Origin: CONSOLE } }))).toBeNull();
  });
});
