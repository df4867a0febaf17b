import type { Store } from '@headgate/core';
import type { AuditVerification } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { VERIFICATION_PLACES } from '../src/limits.ts';
import { startTestApi, type TestApi } from './harness.ts';
import { expectRefusal } from './support.ts';

const { all, perActor } = VERIFICATION_PLACES;

/** Walks along chains that the test holds up. */
const walks = { held: 0, gate: Promise.withResolvers<void>() };

let base: TestApi;
let api: TestApi;
beforeAll(async () => {
  base = await startTestApi();
  const store: Store = {
    ...base.store,
    read: async (tenants, query) => {
      if (query.compile().sql.includes('"position" <=')) {
        walks.held += 1;
        await walks.gate.promise;
      }
      return await base.store.read(tenants, query);
    },
  };
  api = await startTestApi({ store });
});
afterAll(async () => {
  walks.gate.resolve();
  await api.close();
  await base.close();
});
beforeEach(() => {
  walks.held = 0;
  walks.gate = Promise.withResolvers();
});

const path = ({ orgId }: TestActor) => `/v1/organizations/${orgId}/audit-log/verify`;
const verify = async (as: TestActor) => await api.send<AuditVerification>('POST', path(as), { as });
const people = async (count: number) =>
  await Promise.all(Array.from({ length: count }, async () => (await api.createOrganization()).owner));

test('verifications at once are bounded for one actor and for all, and a place that becomes free is given again', async () => {
  const [first, ...others] = await people(Math.ceil(all / perActor) + 1);
  const last = others.at(-1)!;
  const underWay = Array.from({ length: perActor }, async () => await verify(first!));
  await expect.poll(() => walks.held).toBe(perActor);
  const refused = await verify(first!);
  const { message } = expectRefusal(refused, { code: 'RATE_LIMITED' });
  expect(message).toContain('Too many verifications of yours');
  expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);

  for (let each = perActor; each < all; each += 1) {
    underWay.push(verify(others[Math.floor(each / perActor) - 1]!));
  }
  await expect.poll(() => walks.held).toBe(all);
  const full = expectRefusal(await verify(last), { code: 'RATE_LIMITED' });
  expect(full.message).toContain('Too many verifications are');
  // Exports have places of their own.
  const exported = await api.send('GET', `/v1/organizations/${last.orgId}/audit-log/export`, { as: last });
  expect(exported.status).toBe(200);

  walks.gate.resolve();
  for (const answer of await Promise.all(underWay)) expect(answer.body).toMatchObject({ verified: true });
  await expect.poll(async () => (await verify(last)).status).toBe(200);
});

test('a verification whose caller went away keeps its place until it is over', async () => {
  const [owner] = await people(1);
  const leaving = new AbortController();
  const request = async () =>
    await fetch(`${api.url}${path(owner!)}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${owner!.token}` },
      signal: leaving.signal,
    }).catch(() => {});
  const gone = Array.from({ length: perActor }, request);
  await expect.poll(() => walks.held).toBe(perActor);
  leaving.abort();
  await Promise.all(gone);
  for (let each = 0; each < 5; each += 1) expectRefusal(await verify(owner!), { code: 'RATE_LIMITED' });
  walks.gate.resolve();
  await expect.poll(async () => (await verify(owner!)).status).toBe(200);
});

test('verifications that are refused take no place', async () => {
  const [owner] = await people(1);
  walks.gate.resolve();
  for (let each = 0; each < perActor * 3; each += 1) {
    const answer = await api.send('POST', `${path(owner!)}?page=2`, { as: owner! });
    expectRefusal(answer, { code: 'INVALID_INPUT', field: 'page' });
  }
  expect((await verify(owner!)).status).toBe(200);
});
