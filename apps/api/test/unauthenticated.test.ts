import { readFile } from 'node:fs/promises';
import { SignJWT, exportSPKI, importJWK, type CryptoKey } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startTestIssuer, type TestIssuer } from '@headgate/testing';
import { OPERATIONS } from './contract.ts';
import { startTestApi, type TestApi } from './harness.ts';
import { SAMPLES, missingIds, sampleRequest } from './requests.ts';
import { expectRefusal } from './support.ts';

/** Operations that anyone may call, each with the reason. */
const PUBLIC: Record<string, string> = {
  getHealth: 'clients ask it before they have a token',
  getLiveness: 'asked by a supervisor, which has no token',
  getReadiness: 'asked by a load balancer, which has no token',
};

const ids = missingIds();
const secured = OPERATIONS.map(({ operationId }) => operationId).filter((id) => !(id in PUBLIC));

let api: TestApi;
let stranger: TestIssuer;
beforeAll(async () => {
  api = await startTestApi();
  stranger = await startTestIssuer(api.clock);
});
afterAll(async () => {
  await stranger.close();
  await api.close();
});

/** Every way in which credentials can be missing or wrong. */
const CREDENTIALS: Record<string, () => Promise<Record<string, string>> | Record<string, string>> = {
  'no credentials': () => ({}),
  'another scheme': () => ({ Authorization: 'Basic dXNlcjpwYXNz' }),
  'an empty token': () => ({ Authorization: 'Bearer ' }),
  'what is no token': () => ({ Authorization: 'Bearer not.a.token' }),
  'a token without the word Bearer': async () => ({ Authorization: await api.issuer.token() }),
  'an invalid token in X-API-Key': () => ({ 'X-API-Key': 'not.a.token' }),
  'an expired token in X-API-Key': async () => ({
    'X-API-Key': await api.issuer.token({ expiresInSeconds: -60 }),
  }),
  'an empty X-API-Key': () => ({ 'X-API-Key': '' }),
  'an invalid token beside a good one in X-API-Key': async () => ({
    ...bearer('not.a.token'),
    'X-API-Key': await api.issuer.token(),
  }),
  'an expired token': async () => bearer(await api.issuer.token({ expiresInSeconds: -60 })),
  "a foreign issuer's token": async () => bearer(await stranger.token()),
  "a foreign issuer's token in our issuer's name": async () =>
    bearer(await stranger.token({ issuer: api.issuer.url })),
  "a foreign issuer's token under our key's id": async () =>
    bearer(await stranger.token({ issuer: api.issuer.url, kid: String(api.issuer.publicJwk().kid) })),
  'a token for another audience': async () => bearer(await api.issuer.token({ audience: 'another-service' })),
  'a token with an unknown key id': async () => bearer(await api.issuer.token({ kid: 'unknown' })),
  'a token that is not valid yet': async () => bearer(await api.issuer.token({ notBeforeInSeconds: 600 })),
  'a tampered token': async () => {
    const [header, , signature] = (await api.issuer.token()).split('.');
    return bearer(`${header}.${encode(claims())}.${signature}`);
  },
  'an unsigned token (alg none)': () => bearer(`${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims())}.`),
  'an unsigned token that names our key': () =>
    bearer(`${encode({ alg: 'none', kid: api.issuer.publicJwk().kid })}.${encode(claims())}.`),
  'a token signed by HS256 with the public key': async () => {
    const jwk = api.issuer.publicJwk();
    const pem = await exportSPKI((await importJWK(jwk, 'ES256', { extractable: true })) as CryptoKey);
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: String(jwk.kid) })
      .sign(new TextEncoder().encode(pem));
    return bearer(token);
  },
  'a token without an expiry': async () => bearer(await api.issuer.token({ expiresInSeconds: null })),
  'a token without a subject': async () => bearer(await api.issuer.token({ subject: '' })),
  'a token whose organizations are malformed': async () =>
    bearer(await api.issuer.token({ organizations: [{ role: 'owner' }] })),
};

function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function claims() {
  const now = Math.floor(api.clock.now().getTime() / 1000);
  return {
    ...{ sub: 'user_evil', iss: api.issuer.url, aud: 'headgate', iat: now, exp: now + 600 },
    orgs: [{ id: ids.orgId, role: 'owner' }],
  };
}

describe.each(secured)('%s', (operationId) => {
  test.each(Object.keys(CREDENTIALS))('is refused with %s', async (kind) => {
    const { method, path, body } = sampleRequest(operationId, ids);
    const answer = await api.send<{ error: { code: string } }>(method, path, {
      body,
      headers: await CREDENTIALS[kind]!(),
    });
    expect(answer.status).toBe(401);
    expect(answer.body.error.code).toBe('UNAUTHORIZED');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });
});

test('a good token is let in, so that the refusals above are for the reason that they name', async () => {
  const answer = await api.send('GET', '/v1/regions', { token: await api.issuer.token() });
  expect(answer.status).toBe(200);
});

test('a good token is let in from X-API-Key too', async () => {
  const headers = { 'X-API-Key': await api.issuer.token() };
  expect((await api.send('GET', '/v1/regions', { headers })).status).toBe(200);
});

test('a token without the word Bearer is told what is missing', async () => {
  const headers = { Authorization: await api.issuer.token() };
  const { message } = expectRefusal(await api.send('GET', '/v1/regions', { headers }), {
    code: 'UNAUTHORIZED',
  });
  expect(message).toContain('Put the word Bearer before the token');
});

test.each(Object.entries(PUBLIC))('%s needs no credentials: %s', async (operationId) => {
  const { method, path } = sampleRequest(operationId, ids);
  expect((await api.send(method, path)).status).toBe(200);
});

test('the suite knows every operation of openapi.yaml, and nothing else', async () => {
  const text = await readFile(new URL('../../../openapi.yaml', import.meta.url), 'utf8');
  const { paths } = parse(text) as {
    paths: Record<string, Record<string, { operationId: string; security?: unknown[] }>>;
  };
  const documented = Object.values(paths).flatMap((path) => Object.values(path));
  expect(documented.map(({ operationId }) => operationId).toSorted()).toEqual(
    Object.keys(SAMPLES).toSorted(),
  );
  const open = documented
    .filter(({ security }) => security?.length === 0)
    .map(({ operationId }) => operationId);
  expect(open.toSorted()).toEqual(Object.keys(PUBLIC).toSorted());
});
