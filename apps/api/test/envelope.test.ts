import { newId, type ErrorEnvelope } from '@headgate/schema';
import { databaseInput } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import { expectRefusal, rows, useProject } from './support.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const { api, owner, projectId } = await useProject();

const databases = () => `/v1/projects/${projectId}/databases`;

describe('the request id', () => {
  test.each(['my-request.1', '3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11', 'A_b', 'x'.repeat(128)])(
    'of the caller is kept: in the header, the envelope, the audit log and the log: %s',
    async (id) => {
      const headers = { 'X-Request-Id': id };
      const missing = await api.send<ErrorEnvelope>('GET', `${databases()}/${newId('db')}`, {
        as: owner,
        headers,
      });
      expect([missing.headers.get('x-request-id'), missing.body.error.request_id]).toEqual([id, id]);
      await api.send('POST', databases(), { as: owner, body: databaseInput(), headers });
      expect(await rows(api, 'select action from audit_entries where request_id = $1', [id])).toHaveLength(1);
      expect(api.logs()).toContain(`"request_id":"${id}"`);
    },
  );

  test.each(['', 'a b', 'x'.repeat(129), 'a/b', 'caf\u00e9', '{"a":1}', '<script>', 'a,b'])(
    'that is malformed is replaced: %s',
    async (id) => {
      const { headers } = await api.send('GET', '/v1/regions', {
        as: owner,
        headers: { 'X-Request-Id': id },
      });
      expect(headers.get('x-request-id')).toMatch(UUID);
    },
  );

  test('is made where there is none, another for each request', async () => {
    const answers = [
      await api.send('GET', '/livez'),
      await api.send('GET', '/livez'),
      await api.send('GET', '/nowhere'),
    ];
    const ids = answers.map(({ headers }) => headers.get('x-request-id') ?? '');
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(UUID);
  });
});

describe('every error is an envelope with the request id', () => {
  test.each([
    [401, 'UNAUTHORIZED', async () => await api.send('GET', '/v1/regions')],
    [401, 'UNAUTHORIZED', async () => await api.send('GET', '/v1/nowhere')],
    [404, 'NOT_FOUND', async () => await api.send('POST', '/')],
    [404, 'NOT_FOUND', async () => await api.send('GET', '/nowhere')],
    [404, 'NOT_FOUND', async () => await api.send('GET', '/v1/nowhere', { as: owner })],
    [404, 'NOT_FOUND', async () => await api.send('GET', '/v1/projects/', { as: owner })],
    [404, 'NOT_FOUND', async () => await api.send('PUT', databases(), { as: owner, body: {} })],
    [404, 'NOT_FOUND', async () => await api.send('DELETE', databases(), { as: owner })],
    [404, 'NOT_FOUND', async () => await api.send('POST', '/livez')],
    [404, 'NOT_FOUND', async () => await api.send('OPTIONS', databases(), { as: owner })],
    [404, 'NOT_FOUND', async () => await api.send('GET', '/docs/..%2f..%2fetc/passwd')],
    [404, 'NOT_FOUND', async () => await api.send('GET', `${databases()}/${newId('db')}`, { as: owner })],
    [404, 'NOT_FOUND', async () => await api.send('GET', `${databases()}/${newId('prj')}`, { as: owner })],
    [404, 'NOT_FOUND', async () => await api.send('GET', `${databases()}/nonsense`, { as: owner })],
    [400, 'INVALID_INPUT', async () => await api.send('GET', `${databases()}/a%20b`, { as: owner })],
    [400, 'INVALID_INPUT', async () => await api.send('GET', `${databases()}/a%00b`, { as: owner })],
    [400, 'INVALID_INPUT', async () => await api.send('GET', `${databases()}/%E0%A4%A`, { as: owner })],
    [
      400,
      'INVALID_INPUT',
      async () => await api.send('GET', `${databases()}/${'x'.repeat(129)}`, { as: owner }),
    ],
  ])('%i %s %#', async (status, code, request) => {
    const answer = await request();
    expect(answer.status).toBe(status);
    const { message } = expectRefusal(answer, { code: code as 'NOT_FOUND' });
    expect(message.length).toBeGreaterThan(10);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(Object.keys(answer.body as object)).toEqual(['error']);
  });

  test('an unknown operation is named with its method and path, within bounds', async () => {
    const { message } = expectRefusal(await api.send('PUT', databases(), { as: owner, body: {} }), {
      code: 'NOT_FOUND',
    });
    expect(message).toContain(`PUT ${databases()}`);
    const odd = await api.send('GET', '/nowhere/%00%1b%5b2J', { as: owner });
    expect(expectRefusal(odd, { code: 'NOT_FOUND' }).message).toContain('/nowhere/\ufffd\ufffd[2J');
    const long = await api.send('GET', `/${'x'.repeat(10_000)}`);
    expect(long.status).toBe(404);
    expect(long.text.length).toBeLessThan(1_000);
  });
});

test('a path parameter that cannot be an id is named', async () => {
  expectRefusal(await api.send('GET', `${databases()}/a%20b`, { as: owner }), {
    code: 'INVALID_INPUT',
    field: 'database_id',
  });
  expectRefusal(await api.send('GET', '/v1/projects/a!b', { as: owner }), {
    code: 'INVALID_INPUT',
    field: 'project_id',
  });
});

test('a HEAD is a GET without its body', async () => {
  const get = await api.send('GET', `/v1/projects/${projectId}`, { as: owner });
  const response = await fetch(`${api.url}/v1/projects/${projectId}`, {
    method: 'HEAD',
    headers: { Authorization: `Bearer ${owner.token}` },
  });
  expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([
    200,
    '',
    get.headers.get('etag'),
  ]);
});

test.each(['/v1/health', '/nowhere', '/docs'])(
  'an answer of %s tells browsers to guess nothing, frame nothing and pass nothing on',
  async (path) => {
    const { headers } = await api.send('GET', path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('strict-transport-security')).toMatch(/max-age=\d+/);
    expect(headers.has('x-powered-by')).toBe(false);
    expect(headers.has('server')).toBe(false);
  },
);
