import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createHeadgateClient, HeadgateError, type HeadgateOptions } from '../src/index.ts';
import {
  clientOf,
  DATABASE_INPUT,
  DATABASES,
  PROJECT,
  refusal,
  rejection,
  serve,
  TOKEN,
  type Step,
} from './server.ts';

async function errorOf(step: Step): Promise<HeadgateError> {
  const { url } = await serve(step);
  const error = await rejection(clientOf(url, { maxRetries: 0 }).headgate.GET('/v1/regions'));
  expect(error).toBeInstanceOf(HeadgateError);
  return error as HeadgateError;
}

describe('a HeadgateError', () => {
  test('holds what the envelope says', async () => {
    const details = [{ field: 'port', message: 'port must be a whole number from 1 to 65535.' }];
    const error = await errorOf(refusal(400, 'INVALID_INPUT', { details }));
    const { name, message, status, code, requestId, retryAfterSeconds } = error;
    expect({ name, message, status, code, requestId, retryAfterSeconds, details: error.details }).toEqual({
      ...{ name: 'HeadgateError', status: 400, code: 'INVALID_INPUT', message: 'It is INVALID_INPUT.' },
      ...{ requestId: 'req-1', details, retryAfterSeconds: undefined },
    });
  });

  test.each([
    ['7', {}, 7],
    ['Sat, 21 Nov 2026 10:00:09 GMT', { Date: 'Sat, 21 Nov 2026 10:00:00 GMT' }, 9],
    ['soon', {}, undefined],
  ])('tells when to come again (%s)', async (text, more, seconds) => {
    const step = { ...refusal(429, 'RATE_LIMITED'), headers: { 'Retry-After': text, ...more } };
    expect((await errorOf(step)).retryAfterSeconds).toBe(seconds);
  });

  test.each<[string, Step]>([
    ['the page of a proxy', { status: 502, body: '<html><h1>502 Bad Gateway</h1></html>' }],
    ['the page of a proxy that calls itself well', { status: 200, body: '<html>Sign in</html>' }],
    [
      'a page that calls itself JSON',
      { status: 500, headers: { 'Content-Type': 'application/json' }, body: '<html>' },
    ],
    ['nothing', { status: 500 }],
    ['nothing where something is answered', { status: 200, headers: { 'Content-Length': '0' } }],
    ['null', { status: 500, body: null }],
    ['a list', { status: 500, body: [1] }],
    ['an error that is a text', { status: 500, body: { error: 'no' } }],
    ['an error that is null', { status: 500, body: { error: null } }],
    ['an error without a message', { status: 500, body: { error: { code: 'CONFLICT' } } }],
  ])('has the code UNKNOWN for %s, and does not quote it', async (_what, step) => {
    const { status } = step as { status: number };
    const error = await errorOf(step);
    expect(error).toMatchObject({ status, code: 'UNKNOWN', requestId: undefined, details: [] });
    expect(error.message).toBe(
      `The answer with status ${status} is not Headgate's: is something in between, or baseUrl wrong?`,
    );
  });

  test('keeps the message and the request id of a code that is younger than the client', async () => {
    const error = await errorOf(refusal(418, 'TEAPOT', { details: 'none', request_id: 7 }));
    expect(error).toMatchObject({
      code: 'UNKNOWN',
      message: 'It is TEAPOT.',
      requestId: undefined,
      details: [],
    });
  });

  test('takes the request id from the header where the body has none', async () => {
    const error = await errorOf({ status: 500, headers: { 'X-Request-Id': 'req-9' }, body: {} });
    expect(error.requestId).toBe('req-9');
  });
});

describe('the token', () => {
  test.each([
    ['token', { token: TOKEN }],
    ['apiKey', { apiKey: TOKEN }],
    ['token that is asked for', { token: () => TOKEN }],
    ['token that is waited for', { token: async () => await Promise.resolve(TOKEN) }],
  ])('is sent as a bearer token (%s)', async (_what, credential) => {
    const { url, seen } = await serve({ body: { regions: [] } });
    await createHeadgateClient({ baseUrl: url, ...credential }).GET('/v1/regions');
    expect(seen[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  test('is asked for once a call, however many tries it takes', async () => {
    const { url, seen } = await serve({ status: 503, body: {} }, { body: { regions: [] } });
    let asked = 0;
    const options: HeadgateOptions = { baseUrl: url, token: () => `t${(asked += 1)}`, sleep: async () => {} };
    const headgate = createHeadgateClient(options);
    await headgate.GET('/v1/regions');
    await headgate.GET('/v1/regions');
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t2']);
  });

  test('is nowhere in the client, however it is printed', async () => {
    const { headgate } = clientOf('http://127.0.0.1:9');
    const printed = [
      inspect(headgate, { depth: Infinity, showHidden: true, getters: true }),
      JSON.stringify(headgate),
    ];
    expect(printed.join()).not.toContain(TOKEN);
  });

  test.each<[string, Step]>([
    ['an envelope', refusal(403, 'FORBIDDEN')],
    ['a page', { status: 502, body: '<html>' }],
    ['no answer', 'hang up'],
    ['silence', 'be silent'],
  ])('is nowhere in the error of %s, and neither is a password that was sent', async (_what, step) => {
    const { url } = await serve(step);
    const { headgate } = clientOf(url, { maxRetries: 0, timeoutMs: 50 });
    const body = { ...DATABASE_INPUT, password: 'password-that-nobody-may-see' };
    const error = (await rejection(headgate.POST(DATABASES, { ...PROJECT, body }))) as Error;
    const printed = [
      inspect(error, { depth: Infinity, showHidden: true }),
      JSON.stringify(error),
      error.stack,
    ];
    expect(printed.join()).not.toContain(TOKEN);
    expect(printed.join()).not.toContain('password-that-nobody-may-see');
  });

  test.each(['', 'two words', 'a\r\nX-Evil: 1', 'tökén'])(
    'that no header takes is refused unquoted (%j)',
    async (bad) => {
      const give = () => createHeadgateClient({ baseUrl: 'http://localhost', token: bad });
      expect(give).toThrow(
        new TypeError('The token or apiKey must be a text of printable ASCII characters without spaces.'),
      );
      const asked = createHeadgateClient({ baseUrl: 'http://localhost', token: () => bad });
      expect(await rejection(asked.GET('/v1/regions'))).toBeInstanceOf(TypeError);
    },
  );
});

describe('options that cannot be are refused', () => {
  const URL_OF = /^baseUrl must/;
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['no credential', { token: undefined }, /^Give a token or an apiKey\.$/],
    ['two credentials', { apiKey: 'k' }, /^Give a token or an apiKey\.$/],
    ['a baseUrl that is none', { baseUrl: 'localhost:8787' }, URL_OF],
    ['a baseUrl of another scheme', { baseUrl: 'file:///etc/passwd' }, URL_OF],
    ['a baseUrl with a password', { baseUrl: 'https://me:hidden@host' }, URL_OF],
    ['a baseUrl with a user', { baseUrl: 'https://hidden@host' }, URL_OF],
    ['a baseUrl with a query', { baseUrl: 'https://host/?a=1' }, URL_OF],
    ...[-1, 11, 1.5, NaN].map((n): [string, Record<string, unknown>, RegExp] => [
      ...([
        `maxRetries ${n}`,
        { maxRetries: n },
        /^maxRetries must be a whole number from 0 to 10\.$/,
      ] as const),
    ]),
    ...[0, -1, 2 ** 31, Infinity].map((n): [string, Record<string, unknown>, RegExp] => [
      ...([
        `timeoutMs ${n}`,
        { timeoutMs: n },
        /^timeoutMs must be a whole number from 1 to 2147483647\.$/,
      ] as const),
    ]),
  ])('%s', (_what, over, message) => {
    const options = { baseUrl: 'http://localhost', token: 't', ...over } as HeadgateOptions;
    expect(() => createHeadgateClient(options)).toThrow(message);
    expect(() => createHeadgateClient(options)).not.toThrow(/hidden/);
  });
});

describe('a path', () => {
  test('begins at baseUrl, with or without a slash at its end, and holds its parameters encoded', async () => {
    const { url, seen } = await serve({ body: {} });
    for (const baseUrl of [`${url}/proxy/`, `${url}/proxy`, url]) {
      const { headgate } = clientOf(baseUrl);
      await headgate.GET('/v1/projects/{project_id}', { params: { path: { project_id: 'a/b?c' } } });
    }
    expect(seen.map(({ url }) => url)).toEqual([
      ...['/proxy/v1/projects/a%2Fb%3Fc', '/proxy/v1/projects/a%2Fb%3Fc', '/v1/projects/a%2Fb%3Fc'],
    ]);
  });

  test.each(['', '.', '..', undefined, 7])(
    'with %j for an id is not sent: it would be another path',
    async (id) => {
      const { url, seen } = await serve({ status: 204 });
      const path = { project_id: 'prj_1', database_id: id as string };
      const call = clientOf(url).headgate.DELETE('/v1/projects/{project_id}/databases/{database_id}', {
        params: { path },
      });
      expect(await rejection(call)).toEqual(new TypeError('The path parameter database_id must be an id.'));
      expect(seen).toEqual([]);
    },
  );
});

test('a 304 is no error: it says that the version that is held is the present one', async () => {
  const { url, seen } = await serve({ status: 304, headers: { ETag: '"3"' } });
  const params = { ...PROJECT.params, header: { 'If-None-Match': '"3"' } };
  const { data, response } = await clientOf(url).headgate.GET('/v1/projects/{project_id}', { params });
  expect([data, response.status, response.headers.get('etag')]).toEqual([undefined, 304, '"3"']);
  expect(seen[0]?.headers['if-none-match']).toBe('"3"');
});
