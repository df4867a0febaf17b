import { readFile } from 'node:fs/promises';
import { unauthorized, type Store } from '@headgate/core';
import type { TestActor } from '@headgate/testing';
import postgres from 'postgres';
import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { memoryCounter } from '../src/rate-limit/counter.ts';
import { createRateLimits } from '../src/rate-limit/rate-limits.ts';
import { createRequestRates } from '../src/rate-limit/request-rates.ts';
import { startTestApi, type TestAnswer, type TestApi } from './harness.ts';
import { expectRefusal } from './support.ts';

/** How many requests a window has; what is not named has so many that no test meets them. */
interface Quotas {
  readonly actor?: number;
  readonly address?: number;
  readonly failures?: number;
  /** Long enough for no test to see its end by accident. */
  readonly windowSeconds?: number;
}

const MANY = 1_000_000;
const LONG_SECONDS = 600;

const started: TestApi[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map(async (api) => await api.close()));
});

async function startLimited(quotas: Quotas, over: Parameters<typeof startTestApi>[0] = {}): Promise<TestApi> {
  const { actor = MANY, address = MANY, failures = MANY, windowSeconds = LONG_SECONDS } = quotas;
  const api = await startTestApi({
    rateLimits: createRateLimits({
      ...{ actors: memoryCounter(windowSeconds), windowSeconds },
      rates: () => actor / windowSeconds,
      addressRequestsPerSecond: address / windowSeconds,
      addressFailuresPerSecond: failures / windowSeconds,
    }),
    ...over,
  });
  started.push(api);
  return api;
}

const ask = async (api: TestApi, as: TestActor) => await api.send('GET', '/v1/regions', { as });
const askWith = async (api: TestApi, token: string) => await api.send('GET', '/v1/regions', { token });
const person = async (api: TestApi) => (await api.createOrganization()).owner;
const times = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, work));
const statuses = (answers: readonly TestAnswer[]) =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);

/** Holds a 429 to say when to repeat, in the header and in the same words to people. */
function expectWait(answer: TestAnswer, maxSeconds: number): void {
  expect(answer.status, answer.text).toBe(429);
  const { message } = expectRefusal(answer, { code: 'RATE_LIMITED' });
  const text = answer.headers.get('retry-after') ?? '';
  expect(text).toMatch(/^[1-9]\d*$/);
  expect(Number(text)).toBeLessThanOrEqual(maxSeconds);
  expect(message).toContain(`Repeat this one in ${text} second`);
}

describe('a person', () => {
  test('may send a burst of a whole window, is refused beyond it, and does not use up what others have', async () => {
    const api = await startLimited({ actor: 20 });
    const [greedy, other] = [await person(api), await person(api)];
    const burst = await times(20, async () => await ask(api, greedy));
    expect(new Set(statuses(burst))).toEqual(new Set([200]));
    expectWait(await ask(api, greedy), LONG_SECONDS);
    expect((await ask(api, other)).status).toBe(200);
  });

  test('is counted over all of their tokens, also when these ask at once', async () => {
    const api = await startLimited({ actor: 10 });
    const tokens = await times(30, async () => await api.issuer.token({ subject: 'user_many' }));
    const answers = await Promise.all(tokens.map(async (token) => await askWith(api, token)));
    expect(statuses(answers)).toEqual([...Array(10).fill(200), ...Array(20).fill(429)]);
  });

  test('is told with each answer after authentication how many requests are left, in structured fields', async () => {
    const api = await startLimited({ actor: 1000 });
    const owner = await person(api);
    const answers = [
      await ask(api, owner),
      await api.send('GET', '/v1/nowhere', { as: owner }),
      await api.send('POST', '/v1/projects', {
        as: owner,
        rawBody: '{',
        headers: { 'Content-Type': 'application/json' },
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 400]);
    for (const [index, { headers }] of answers.entries()) {
      expect(headers.get('ratelimit-policy')).toBe('"user";q=1000;w=600');
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"user";r=${999 - index};t=(600|5[0-9]{2})$`));
    }
  });

  test('is told so also when refused: none are left', async () => {
    const api = await startLimited({ actor: 1, windowSeconds: 1 });
    const owner = await person(api);
    await times(5, async () => await ask(api, owner));
    const refused = await ask(api, owner);
    expectWait(refused, 1);
    expect(refused.headers.get('ratelimit-policy')).toBe('"user";q=1;w=1');
    expect(refused.headers.get('ratelimit')).toBe('"user";r=0;t=1');
  });

  test('is served again when the window is over', async () => {
    const api = await startLimited({ actor: 1, windowSeconds: 1 });
    const owner = await person(api);
    expect((await ask(api, owner)).status).toBe(200);
    expect((await ask(api, owner)).status).toBe(429);
    await expect
      .poll(async () => (await ask(api, owner)).status, { timeout: 5_000, interval: 100 })
      .toBe(200);
  });

  test('who was refused has changed nothing', async () => {
    const api = await startLimited({ actor: 1, windowSeconds: 1 });
    const owner = await person(api);
    const body = { name: 'shop', org_id: owner.orgId };
    const answers = await times(5, async () => await api.send('POST', '/v1/projects', { as: owner, body }));
    const made = answers.filter(({ status }) => status === 201).length;
    expect(made).toBeLessThan(5);
    const rows = await api.store.read([owner.orgId], {
      compile: () => ({ sql: 'select id from projects', parameters: [] }) as never,
    });
    expect(rows).toHaveLength(made);
  });
});

test('an API key is counted by itself: neither its owner nor another key of theirs is held up by it', async () => {
  const api = await startLimited({ actor: 10 });
  const owner = await person(api);
  const path = `/v1/organizations/${owner.orgId}/api-keys`;
  const make = async (name: string) => {
    const body = { name, scopes: ['projects:read'] };
    const answer = await api.send<{ token?: string; key?: string }>('POST', path, { as: owner, body });
    expect(answer.status, answer.text).toBe(201);
    const secret = /hg[op]_[A-Za-z0-9_]+/g.exec(answer.text.replaceAll(/"hint":"[^"]*"/g, ''))?.[0];
    return secret ?? expect.fail('the answer shows no key');
  };
  const [busy, quiet] = [await make('busy'), await make('quiet')];
  const answers = await times(11, async () => await askWith(api, busy));
  expect(statuses(answers)).toEqual([...Array(10).fill(200), 429]);
  expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"api-key";q=10;w=600');
  expect((await askWith(api, quiet)).status).toBe(200);
  expect((await ask(api, owner)).status).toBe(200);
});

describe('an address', () => {
  test('is refused beyond its bound whoever asks, with or without credentials, and is not told how others stand', async () => {
    const api = await startLimited({ address: 20 });
    const [one, two] = [await person(api), await person(api)];
    await times(10, async () => await ask(api, one));
    await times(10, async () => await ask(api, two));
    for (const answer of [
      await ask(api, one),
      await api.send('GET', '/v1/regions'),
      await api.send('GET', '/nowhere'),
      await api.send('GET', '/docs'),
    ]) {
      expectWait(answer, LONG_SECONDS);
      expect(answer.headers.get('ratelimit')).toBeNull();
    }
  });

  test('is never refused what supervisors and clients ask of the health', async () => {
    const api = await startLimited({ address: 10 });
    await times(30, async () => await api.send('GET', '/docs'));
    expect((await api.send('GET', '/docs')).status).toBe(429);
    for (const path of ['/livez', '/readyz', '/v1/health']) {
      expect((await api.send('GET', path)).status, path).toBe(200);
    }
  });

  test('that sends too many wrong credentials is refused before further ones are looked at', async () => {
    let looked = 0;
    const identify = async () => {
      looked += 1;
      throw unauthorized('It is wrong.');
    };
    const api = await startLimited(
      { failures: 20 },
      { credentials: { identify, isRemembered: () => false } },
    );
    const answers = await times(20, async () => await askWith(api, 'wrong'));
    expect(new Set(statuses(answers))).toEqual(new Set([401]));
    expect(looked).toBe(20);
    for (const answer of await times(50, async () => await askWith(api, 'wrong'))) {
      expectWait(answer, LONG_SECONDS);
      expect(answer.headers.get('www-authenticate')).toBeNull();
    }
    expect(looked).toBe(20);
    expect((await api.send('GET', '/openapi.yaml')).status).toBe(200);
  });

  test('is not held to have sent wrong credentials when a request fails for another reason', async () => {
    const api = await startLimited({ failures: 1 });
    const owner = await person(api);
    await times(10, async () => await api.send('GET', '/v1/projects/prj_missing', { as: owner }));
    await times(10, async () => await api.send('GET', `/v1/projects?org_id=org_foreign`, { as: owner }));
    expect((await ask(api, owner)).status).toBe(200);
    // The first missing token is answered as such, and only the next is refused.
    expect((await api.send('GET', '/v1/regions')).status).toBe(401);
    expect((await api.send('GET', '/v1/regions')).status).toBe(429);
  });

  test('that sent wrong credentials goes on to be served to those whose own were good of late, and to them alone', async () => {
    const api = await startLimited({ failures: 3 });
    const [known, unknown] = [await person(api), await person(api)];
    const path = `/v1/organizations/${known.orgId}/api-keys`;
    const body = { name: 'key', scopes: ['projects:read'] };
    const make = async () =>
      (await api.send<{ id: string; api_key: string }>('POST', path, { as: known, body })).body;
    const [key, revoked, unused] = [await make(), await make(), await make()];
    for (const { api_key: token } of [key, revoked]) expect((await askWith(api, token)).status).toBe(200);
    await api.send('DELETE', `${path}/${revoked.id}`, { as: known });
    await times(3, async () => await askWith(api, 'wrong'));

    expect((await ask(api, known)).status).toBe(200);
    expect((await askWith(api, key.api_key)).status).toBe(200);
    expect((await ask(api, unknown)).status).toBe(429);
    expect((await askWith(api, unused.api_key)).status).toBe(429);
    // It was good, so that it is looked at once more, and never again.
    expect((await askWith(api, revoked.api_key)).status).toBe(401);
    expect((await askWith(api, revoked.api_key)).status).toBe(429);
  });

  test('that was refused for wrong credentials is served when the window is over', async () => {
    const api = await startLimited({ failures: 3, windowSeconds: 1 });
    const owner = await person(api);
    await times(3, async () => await askWith(api, 'wrong'));
    expect((await ask(api, owner)).status).toBe(429);
    await expect
      .poll(async () => (await ask(api, owner)).status, { timeout: 5_000, interval: 100 })
      .toBe(200);
  });
});

describe('the limit of an organization', () => {
  async function startWithRates(standard: number) {
    const base = await startLimited({});
    const sql = postgres(base.databaseUrl, { max: 1, connection: { search_path: 'headgate' } });
    let reads = 0;
    let isDown = false;
    const store: Store = {
      ...base.store,
      read: async (tenants, query) => {
        reads += 1;
        if (isDown) throw new Error('down');
        return await base.store.read(tenants, query);
      },
    };
    const settings = { limits: { requests_per_second: standard } } as never;
    const rates = createRequestRates({ store, clock: base.clock, settings });
    const rateOf = async (...orgIds: string[]) =>
      await rates({
        ...{ kind: 'user', id: 'user_1', toldAt: base.clock.now() },
        organizations: orgIds.map((id) => ({ id, role: 'viewer' })),
      });
    const setOwn = async (orgId: string, rate: number | null) => {
      await sql`
        insert into organizations (org_id, max_requests_per_second) values (${orgId}, ${rate})
        on conflict (org_id) do update set max_requests_per_second = ${rate}
      `;
    };
    return {
      ...{ base, rateOf, setOwn, reads: () => reads },
      setDown: (down: boolean) => {
        isDown = down;
      },
      end: async () => await sql.end(),
    };
  }

  test('is its own where the operator has said one, else the default; of several the highest holds', async () => {
    const { rateOf, setOwn, end } = await startWithRates(100);
    await setOwn('org_low', 5);
    await setOwn('org_high', 400);
    await setOwn('org_plain', null);
    expect(await rateOf('org_low')).toBe(5);
    expect(await rateOf('org_high')).toBe(400);
    expect(await rateOf('org_plain')).toBe(100);
    expect(await rateOf('org_unknown')).toBe(100);
    expect(await rateOf()).toBe(100);
    expect(await rateOf('org_low', 'org_unknown')).toBe(100);
    expect(await rateOf('org_low', 'org_high', 'org_plain')).toBe(400);
    await end();
  });

  test('is read once in 30 s by the clock, however many ask at once', async () => {
    const { base, rateOf, setOwn, reads, end } = await startWithRates(100);
    await setOwn('org_a', 5);
    expect(new Set(await times(50, async () => await rateOf('org_a', 'org_b')))).toEqual(new Set([100]));
    expect(await rateOf('org_a')).toBe(5);
    expect(reads()).toBe(1);
    await setOwn('org_a', 7);
    base.clock.advance(29_999);
    expect(await rateOf('org_a')).toBe(5);
    base.clock.advance(1);
    expect(await rateOf('org_a')).toBe(7);
    expect(reads()).toBe(2);
    await end();
  });

  test('that cannot be read is the default, or what was known before, and is tried again in 5 s', async () => {
    const { base, rateOf, setOwn, setDown, reads, end } = await startWithRates(100);
    await setOwn('org_a', 5);
    setDown(true);
    expect(await rateOf('org_a')).toBe(100);
    expect(await rateOf('org_a')).toBe(100);
    expect(reads()).toBe(1);
    setDown(false);
    base.clock.advance(5_000);
    expect(await rateOf('org_a')).toBe(5);
    setDown(true);
    base.clock.advance(30_000);
    expect(await rateOf('org_a')).toBe(5);
    await end();
  });

  test('holds for its requests', async () => {
    const { base, setOwn, end } = await startWithRates(100);
    const settings = { limits: { requests_per_second: 100 } } as never;
    const api = await startLimited(
      {},
      {
        rateLimits: createRateLimits({
          ...{ actors: memoryCounter(LONG_SECONDS), windowSeconds: 10 },
          rates: createRequestRates({ store: base.store, clock: base.clock, settings }),
          ...{ addressRequestsPerSecond: MANY, addressFailuresPerSecond: MANY },
        }),
      },
    );
    const [held, other] = [await person(api), await person(api)];
    await setOwn(held.orgId, 1);
    const answers = await times(12, async () => await ask(api, held));
    expect(statuses(answers)).toEqual([...Array(10).fill(200), 429, 429]);
    expect((await ask(api, other)).headers.get('ratelimit-policy')).toBe('"user";q=1000;w=10');
    await end();
  });

  test('does not hold a request up when the database does not answer', async () => {
    const base = await startLimited({});
    const settings = { limits: { requests_per_second: 100 } } as never;
    const store: Store = { ...base.store, read: async () => await new Promise<never>(() => {}) };
    const rates = createRequestRates({ store, clock: base.clock, settings });
    const startedAt = performance.now();
    const actor = {
      kind: 'user',
      id: 'u',
      toldAt: base.clock.now(),
      organizations: [{ id: 'o', role: 'owner' }],
    };
    expect(await rates(actor as never)).toBe(100);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

test('the contract declares the headers for each answer to a known caller, and for no other', async () => {
  const text = await readFile(new URL('../../../openapi.yaml', import.meta.url), 'utf8');
  const { paths, components } = parse(text) as {
    paths: Record<string, Record<string, { security: unknown[]; responses: Record<string, Response> }>>;
    components: { responses: Record<string, Response> };
  };
  interface Response {
    readonly $ref?: string;
    readonly headers?: Record<string, unknown>;
  }
  const declares = ({ $ref, headers }: Response): boolean => {
    const named = $ref === undefined ? headers : components.responses[$ref.split('/').at(-1) ?? '']?.headers;
    return named?.['RateLimit'] !== undefined && named['RateLimit-Policy'] !== undefined;
  };
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    for (const [status, response] of Object.entries(operation.responses)) {
      if (operation.security.length > 0) expect(declares(response), status).toBe(status !== '401');
      else if (response.$ref === undefined) expect(declares(response)).toBe(false);
    }
  }
});
