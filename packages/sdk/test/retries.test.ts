import { afterEach, describe, expect, test, vi } from 'vitest';
import { ConnectionError, HeadgateError } from '../src/index.ts';
import { fetchWithRetries, sleep } from '../src/retry.ts';
import {
  clientOf,
  DATABASE_INPUT,
  DATABASES,
  PROJECT,
  refusal,
  rejection,
  serve,
  type Step,
} from './server.ts';

const WELL = { body: { regions: [] } };
const CREATED = { status: 201, body: { id: 'db_1' } };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const CREATE = { ...PROJECT, body: DATABASE_INPUT };

afterEach(() => void vi.useRealTimers());

describe('a try that may succeed later', () => {
  test.each<[string, Step]>([
    ...[408, 429, 502, 503, 504].map((status): [string, Step] => [String(status), { status, body: {} }]),
    ['a connection that is hung up', 'hang up'],
    ['a body that breaks off', 'break off'],
  ])('(%s) is made again, for reading and for writing', async (_what, step) => {
    const { url, seen } = await serve(step, WELL);
    const { headgate, waitsMs } = clientOf(url);
    expect((await headgate.GET('/v1/regions')).data).toEqual(WELL.body);
    expect([seen.length, waitsMs.length]).toEqual([2, 1]);

    const writing = await serve(step, CREATED);
    expect((await clientOf(writing.url).headgate.POST(DATABASES, CREATE)).data).toEqual(CREATED.body);
    expect(writing.seen).toHaveLength(2);
  });

  test('is made again when nothing is said for longer than timeoutMs, 30 s unless given', async () => {
    for (const [over, limitMs] of [[{}, 30_000] as const, [{ timeoutMs: 700 }, 700] as const]) {
      const { url, seen } = await serve('be silent', WELL);
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const call = clientOf(url, over).headgate.GET('/v1/regions');
      // Polling would move the timers on.
      while (seen.length === 0) await new Promise(setImmediate);
      vi.advanceTimersByTime(limitMs - 1);
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(1);
      expect((await call).data).toEqual(WELL.body);
      expect(seen).toHaveLength(2);
      vi.useRealTimers();
    }
  });

  test('waits 500 ms, then twice as long each time, over a half and one and a half of it, five times', async () => {
    const { url, seen } = await serve(refusal(503, 'UNAVAILABLE'));
    const { headgate, waitsMs } = clientOf(url);
    expect(await rejection(headgate.GET('/v1/regions'))).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    expect(seen).toHaveLength(6);
    expect(waitsMs).toHaveLength(5);
    for (const [index, waitMs] of waitsMs.entries()) {
      expect(waitMs).toBeGreaterThanOrEqual(250 * 2 ** index);
      expect(waitMs).toBeLessThan(750 * 2 ** index);
    }
  });

  test('does not wait as long as others do: their next tries come apart', async () => {
    const { url } = await serve(refusal(503, 'UNAVAILABLE'));
    const clients = Array.from({ length: 8 }, () => clientOf(url, { maxRetries: 1 }));
    await Promise.all(clients.map(async ({ headgate }) => await rejection(headgate.GET('/v1/regions'))));
    expect(new Set(clients.map(({ waitsMs }) => waitsMs[0])).size).toBeGreaterThan(1);
  });

  test('is made as often as maxRetries says, and once when it says 0', async () => {
    const { url, seen } = await serve('hang up');
    await rejection(clientOf(url, { maxRetries: 2 }).headgate.GET('/v1/regions'));
    expect(seen).toHaveLength(3);
    await rejection(clientOf(url, { maxRetries: 0 }).headgate.GET('/v1/regions'));
    expect(seen).toHaveLength(4);
  });

  test('ends in the last answer, after faults of any kind', async () => {
    const { url, seen } = await serve('hang up', { status: 502, body: '<html>' }, refusal(404, 'NOT_FOUND'));
    const error = await rejection(clientOf(url).headgate.GET('/v1/regions'));
    expect(error).toBeInstanceOf(HeadgateError);
    expect(error).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(seen).toHaveLength(3);
  });

  test('ends in a ConnectionError that names the origin and the reason when no answer comes', async () => {
    const { url } = await serve('hang up');
    const error = (await rejection(clientOf(url).headgate.GET('/v1/regions'))) as ConnectionError;
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ name: 'ConnectionError', reason: 'network' });
    expect(error.message).toBe(`The connection to ${url} failed: other side closed`);
    expect(error.cause).toBeInstanceOf(Error);
  });

  test('ends in a ConnectionError for the time when no answer comes in time', async () => {
    const { url } = await serve('be silent');
    const { headgate } = clientOf(url, { timeoutMs: 20, maxRetries: 1 });
    const error = await rejection(headgate.GET('/v1/regions'));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ reason: 'timeout', message: `${url} gave no whole answer in 20 ms.` });
  });
});

describe('an answer that stays what it is', () => {
  test.each([400, 401, 403, 404, 409, 412, 413, 415, 422, 500, 501])(
    '(%i) is not asked for again',
    async (status) => {
      const { url, seen } = await serve({ status, body: {} }, WELL);
      const { headgate, waitsMs } = clientOf(url);
      expect(await rejection(headgate.GET('/v1/regions'))).toMatchObject({ status });
      expect([seen.length, waitsMs.length]).toEqual([1, 0]);
    },
  );

  test('is a redirect too: a token is not carried where an answer points', async () => {
    const elsewhere = await serve(WELL);
    const { url } = await serve({
      status: 307,
      headers: { Location: `${elsewhere.url}/v1/regions` },
      body: {},
    });
    expect(await rejection(clientOf(url).headgate.GET('/v1/regions'))).toMatchObject({ status: 307 });
    expect(elsewhere.seen).toEqual([]);
  });
});

describe('Retry-After', () => {
  const DATE = 'Sat, 21 Nov 2026 10:00:00 GMT';
  test.each([
    ['whole seconds', { 'Retry-After': '7' }, 7_000],
    ['none', { 'Retry-After': '0' }, 0],
    ['a date', { 'Retry-After': 'Sat, 21 Nov 2026 10:00:09 GMT', Date: DATE }, 9_000],
    ['a date of the old form', { 'Retry-After': 'Saturday, 21-Nov-26 10:00:09 GMT', Date: DATE }, 9_000],
    ['a date that is past', { 'Retry-After': 'Sat, 21 Nov 2026 09:00:00 GMT', Date: DATE }, 0],
    ['a date that is past by the clock of the client', { 'Retry-After': 'Mon, 01 Jan 2001 00:00:00 GMT' }, 0],
  ])('as %s takes the place of the client’s own wait', async (_what, headers, expected) => {
    const { url } = await serve({ status: 429, headers, body: {} }, WELL);
    const { headgate, waitsMs } = clientOf(url);
    await headgate.GET('/v1/regions');
    expect(waitsMs).toEqual([expected]);
  });

  test.each(['', 'soon', '-5', '1.5', '0x10', '12 s'])(
    'that cannot be read (%j) counts as absent',
    async (text) => {
      const { url } = await serve({ status: 503, headers: { 'Retry-After': text }, body: {} }, WELL);
      const { headgate, waitsMs } = clientOf(url);
      await headgate.GET('/v1/regions');
      expect(waitsMs[0]).toBeGreaterThanOrEqual(250);
      expect(waitsMs[0]).toBeLessThan(750);
    },
  );

  test('beyond two minutes for a whole call is not waited for, but told', async () => {
    const patient = await serve({ ...refusal(429, 'RATE_LIMITED'), headers: { 'Retry-After': '120' } }, WELL);
    const waiting = clientOf(patient.url);
    await waiting.headgate.GET('/v1/regions');
    expect(waiting.waitsMs).toEqual([120_000]);

    const { url, seen } = await serve({ ...refusal(429, 'RATE_LIMITED'), headers: { 'Retry-After': '50' } });
    const { headgate, waitsMs } = clientOf(url);
    expect(await rejection(headgate.GET('/v1/regions'))).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterSeconds: 50,
    });
    expect(waitsMs).toEqual([50_000, 50_000]);
    expect(seen).toHaveLength(3);
  });
});

describe('the Idempotency-Key', () => {
  const keysOf = (seen: readonly { headers: Record<string, unknown> }[]) =>
    seen.map(({ headers }) => headers['idempotency-key']);

  test('is a UUID of each POST and PATCH, the same over all tries of one call and new for the next', async () => {
    const { url, seen } = await serve('hang up', { status: 503, body: {} }, CREATED, { body: {} }, CREATED);
    const { headgate } = clientOf(url);
    await headgate.POST(DATABASES, CREATE);
    await headgate.PATCH('/v1/projects/{project_id}', { ...PROJECT, body: { name: 'n' } });
    await headgate.POST(DATABASES, CREATE);
    const [first, second, third, ofPatch, ofNext] = keysOf(seen);
    expect(first).toMatch(UUID);
    expect([second, third]).toEqual([first, first]);
    for (const key of [ofPatch, ofNext]) expect(key).toMatch(UUID);
    expect(new Set([first, ofPatch, ofNext]).size).toBe(3);
    expect(seen.map(({ body }) => body).slice(0, 3)).toEqual(Array(3).fill(JSON.stringify(DATABASE_INPUT)));
  });

  test('comes with a POST that has no body, which has no Content-Type either', async () => {
    const { url, seen } = await serve(WELL);
    await clientOf(url).headgate.POST('/v1/projects/{project_id}/restore', PROJECT);
    expect(keysOf(seen)[0]).toMatch(UUID);
    expect(seen[0]).toMatchObject({ method: 'POST', body: '' });
    expect(seen[0]?.headers['content-type']).toBeUndefined();
  });

  test('is the caller’s own where one is given', async () => {
    const { url, seen } = await serve('hang up', CREATED);
    const params = { ...PROJECT.params, header: { 'Idempotency-Key': 'order-7' } };
    await clientOf(url).headgate.POST(DATABASES, { params, body: DATABASE_INPUT });
    expect(keysOf(seen)).toEqual(['order-7', 'order-7']);
  });

  test('is absent from GET and DELETE, which are repeated all the same', async () => {
    const { url, seen } = await serve('hang up', WELL, 'hang up', { status: 204 });
    const { headgate } = clientOf(url);
    await headgate.GET('/v1/regions');
    expect((await headgate.DELETE('/v1/projects/{project_id}', PROJECT)).data).toBeUndefined();
    expect(seen).toHaveLength(4);
    expect(keysOf(seen)).toEqual([undefined, undefined, undefined, undefined]);
  });

  test.each(['POST', 'PATCH'])(
    'is what a %s needs to be repeated: without one it is tried once',
    async (method) => {
      const { url, seen } = await serve({ status: 503, body: {} }, WELL);
      const options = { fetch, maxRetries: 5, timeoutMs: 1_000, sleep: async () => {}, streams: false };
      expect((await fetchWithRetries(new Request(url, { method, body: '{}' }), options)).status).toBe(503);
      expect(seen).toHaveLength(1);
    },
  );
});

describe('a signal', () => {
  test('that is aborted while a request is under way ends the call with its reason', async () => {
    const { url, seen } = await serve('be silent');
    const abort = new AbortController();
    const call = rejection(clientOf(url).headgate.GET('/v1/regions', { signal: abort.signal }));
    await expect.poll(() => seen.length).toBe(1);
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await call).toBe(reason);
    expect(seen).toHaveLength(1);
  });

  test('that is aborted before a call lets nothing be sent', async () => {
    const { url, seen } = await serve(WELL);
    const call = clientOf(url).headgate.GET('/v1/regions', { signal: AbortSignal.abort() });
    expect(await rejection(call)).toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual([]);
  });

  test('that is aborted between two tries ends the wait', async () => {
    const { url, seen } = await serve({ status: 503, headers: { 'Retry-After': '100' }, body: {} });
    const abort = new AbortController();
    const reason = new Error('enough');
    const { headgate } = clientOf(url, {
      sleep: async (ms, signal) => {
        setImmediate(() => abort.abort(reason));
        await sleep(ms, signal);
      },
    });
    expect(await rejection(headgate.GET('/v1/regions', { signal: abort.signal }))).toBe(reason);
    expect(seen).toHaveLength(1);
  });
});

test('the client’s own wait is over after its time, and at once for a signal that was aborted before', async () => {
  await sleep(1, new AbortController().signal);
  const reason = new Error('enough');
  expect(await rejection(sleep(100_000, AbortSignal.abort(reason)))).toBe(reason);
});

describe('the limit of a try', () => {
  /** Whether a try is still limited in time once its answer has begun. */
  async function isLimited(parseAs: 'stream' | 'json', step: Step): Promise<boolean> {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { url } = await serve(step);
    const begun = Promise.withResolvers<AbortSignal>();
    const { headgate } = clientOf(url, {
      maxRetries: 0,
      timeoutMs: 1_000,
      fetch: async (request) => {
        const response = await fetch(request);
        setImmediate(() => begun.resolve(request.signal));
        return response;
      },
    });
    const call = headgate.GET('/v1/regions', { parseAs }).catch(() => undefined);
    const signal = await begun.promise;
    if (parseAs === 'stream') await call;
    vi.advanceTimersByTime(10_000);
    await (await call)?.response.body?.cancel();
    return signal.aborted;
  }

  test('holds for its body too', async () => expect(await isLimited('json', 'fall silent')).toBe(true));
  test('does not hold for a body that is read as a stream', async () =>
    expect(await isLimited('stream', 'fall silent')).toBe(false));
});
