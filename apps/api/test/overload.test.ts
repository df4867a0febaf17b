import type { Store } from '@headgate/core';
import { newId } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAX_REQUESTS_PER_ACTOR, MAX_REQUESTS_UNDER_WAY } from '../src/limits.ts';
import { startTestApi, type TestApi } from './harness.ts';
import { expectRefusal } from './support.ts';

/** A store whose reads wait at a gate until the test opens it. */
function gatedStore(over: Store) {
  let arrived = 0;
  let open: () => void = () => {};
  let gate = Promise.resolve();
  const waiting: { count: number; resolve: () => void }[] = [];
  const store: Store = {
    ...over,
    read: async (tenants, query) => {
      arrived += 1;
      for (const { count, resolve } of waiting) if (arrived >= count) resolve();
      await gate;
      return await over.read(tenants, query);
    },
  };
  return {
    store,
    shut: () => {
      arrived = 0;
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    open: () => open(),
    /** Resolves when so many reads wait. */
    full: async (count: number) =>
      await new Promise<void>((resolve) => {
        waiting.push({ count, resolve });
        if (arrived >= count) resolve();
      }),
  };
}

let base: TestApi;
let api: TestApi;
let gate: ReturnType<typeof gatedStore>;
beforeAll(async () => {
  base = await startTestApi();
  gate = gatedStore(base.store);
  api = await startTestApi({ store: gate.store });
});
afterAll(async () => {
  await api.close();
  await base.close();
});

const read = async (as: TestActor) => await api.send('GET', `/v1/projects/${newId('prj')}`, { as });
const person = async () => (await api.createOrganization()).owner;

test('a person with too many requests under way gets 429 with Retry-After, and others are served', async () => {
  const [greedy, other] = [await person(), await person()];
  gate.shut();
  const held = Array.from({ length: MAX_REQUESTS_PER_ACTOR }, async () => await read(greedy));
  await gate.full(MAX_REQUESTS_PER_ACTOR);
  const refused = await read(greedy);
  expect(refused.status).toBe(429);
  expectRefusal(refused, { code: 'RATE_LIMITED' });
  expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect((await api.send('GET', '/v1/regions', { as: other })).status).toBe(200);
  gate.open();
  expect(new Set((await Promise.all(held)).map(({ status }) => status))).toEqual(new Set([404]));
  expect((await read(greedy)).status).toBe(404);
});

test('a service with too many requests under way answers 503 with Retry-After, and is alive to its supervisor', async () => {
  const people = await Promise.all(
    Array.from({ length: Math.ceil(MAX_REQUESTS_UNDER_WAY / MAX_REQUESTS_PER_ACTOR) }, person),
  );
  gate.shut();
  const held = Array.from(
    { length: MAX_REQUESTS_UNDER_WAY },
    async (_, n) => await read(people[n % people.length] as TestActor),
  );
  await gate.full(MAX_REQUESTS_UNDER_WAY);
  for (const refused of [
    await read(await person()),
    await api.send('GET', '/v1/health'),
    await api.send('GET', '/nowhere'),
  ]) {
    expect(refused.status).toBe(503);
    expectRefusal(refused, { code: 'UNAVAILABLE' });
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  }
  expect((await api.send('GET', '/livez')).status).toBe(200);
  expect((await api.send('GET', '/readyz')).status).toBe(200);
  gate.open();
  expect(new Set((await Promise.all(held)).map(({ status }) => status))).toEqual(new Set([404]));
  expect((await read(people[0] as TestActor)).status).toBe(404);
});
