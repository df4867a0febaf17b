import { once } from 'node:events';
import { connect } from 'node:net';
import type { Store } from '@headgate/core';
import { newId } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

const CONSOLE = 'https://console.example.com';

describe('with two places', () => {
  let small: TestApi;
  beforeAll(async () => {
    // Longer than in service: a machine that does other things too may take its time.
    small = await startTestApi({
      ...{ store: gate.store, places: 2, patienceMs: 2_000 },
      corsOrigins: [CONSOLE],
    });
  });
  afterAll(async () => await small.close());
  const send = async (as: TestActor, headers = {}) =>
    await small.send('GET', `/v1/projects/${newId('prj')}`, { as, headers });

  test('a request that waits too long is refused with its own id, and told in one line with all others', async () => {
    const { owner: someone } = await small.createOrganization();
    gate.open();
    expect((await send(someone)).status).toBe(404);
    gate.shut();
    const held = [send(someone), send(someone)];
    await gate.full(2);
    const refused = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, n) =>
          await send(someone, {
            'X-Request-Id': `mine-${n}`,
            Origin: n === 0 ? CONSOLE : 'https://elsewhere.example.com',
          }),
      ),
    );
    const preflight = await small.send('OPTIONS', '/v1/projects', {
      headers: { Origin: CONSOLE, 'Access-Control-Request-Method': 'GET' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, CONSOLE]);
    for (const [n, answer] of refused.entries()) {
      expect(answer.status).toBe(503);
      expect(expectRefusal(answer, { code: 'UNAVAILABLE' }).request_id).toBe(`mine-${n}`);
      expect(answer.headers.get('retry-after')).toMatch(/^[1-3]$/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      // A page of the console can read when to come back, and no other page anything.
      const isOfConsole = n === 0;
      expect(answer.headers.get('access-control-allow-origin')).toBe(isOfConsole ? CONSOLE : null);
      if (isOfConsole) expect(answer.headers.get('access-control-expose-headers')).toContain('Retry-After');
    }
    gate.open();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([404, 404]);
    const told = () =>
      small
        .logs()
        .split('\n')
        .filter((line) => line.includes('"msg":"more requests than can be answered"'))
        .map((line) => (JSON.parse(line) as { refused: number }).refused);
    await expect.poll(() => told().reduce((sum, each) => sum + each, 0), { timeout: 10_000 }).toBe(20);
    expect(told().length).toBeLessThan(5);
    expect(small.logs()).not.toContain('mine-0');
  });

  test('a body that came with a refused request does not cost its connection', async () => {
    const { owner: someone } = await small.createOrganization();
    gate.open();
    await send(someone);
    gate.shut();
    const held = [send(someone), send(someone)];
    await gate.full(2);
    const refused = await small.send('POST', '/v1/projects', {
      ...{ as: someone, body: { name: 'p', org_id: someone.orgId } },
    });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('connection')).toBe('keep-alive');
    gate.open();
    await Promise.all(held);
  });

  test.each(['Content-Length: 100', 'Transfer-Encoding: chunked'])(
    'bodies that do not come (%s) take no place from those who send theirs',
    async (length) => {
      gate.open();
      const [slow, other] = [
        (await small.createOrganization()).owner,
        (await small.createOrganization()).owner,
      ];
      for (const each of [slow, other]) expect((await send(each)).status).toBe(404);
      const { hostname, port } = new URL(small.url);
      const sockets = Array.from({ length: 6 }, (_, n) => {
        const method = n % 2 === 0 ? 'DELETE' : 'POST';
        const socket = connect(Number(port), hostname).on('error', () => {});
        socket.write(
          `${method} /v1/projects/${newId('prj')} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${slow.token}\r\n${length}\r\n\r\n`,
        );
        return socket;
      });
      try {
        await Promise.all(sockets.map(async (socket) => await once(socket, 'connect')));
        for (let count = 0; count < 10; count += 1) expect((await send(other)).status).toBe(404);
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    },
  );

  test('one who floods is refused, and another who asks meanwhile is not', async () => {
    const [flooding, other] = [
      (await small.createOrganization()).owner,
      (await small.createOrganization()).owner,
    ];
    gate.open();
    for (const each of [flooding, other]) expect((await send(each)).status).toBe(404);
    gate.shut();
    const held = [send(flooding), send(flooding)];
    await gate.full(2);
    const flood = Array.from({ length: 50 }, async () => await send(flooding));
    const asked = send(other);
    gate.open();
    expect((await asked).status).toBe(404);
    await Promise.all([...held, ...flood]);
  });
});
