import { connect } from 'node:net';
import type { ErrorEnvelope } from '@headgate/schema';
import { describe, expect, test } from 'vitest';
import { startTestApi } from './harness.ts';
import { useApi } from './support.ts';

const { api, owner } = await useApi();

/** Sends bytes over a socket and returns all that is answered until the server closes it. */
async function talk(bytes: string, url = api.url): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

async function sendRaw(
  bytes: string,
): Promise<{ status: number; headers: string; error: ErrorEnvelope['error'] }> {
  const [headers = '', body = ''] = (await talk(bytes)).split('\r\n\r\n');
  return { status: Number(headers.split(' ')[1]), headers, error: (JSON.parse(body) as ErrorEnvelope).error };
}

const HOST = 'Host: localhost\r\n';

describe('what is no HTTP that can be read is answered with an envelope, and the connection is closed:', () => {
  test.each([
    ['nonsense', 'nonsense\r\n\r\n'],
    ['a TLS greeting', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
    ['an unknown method', `BREW /v1/health HTTP/1.1\r\n${HOST}\r\n`],
    ['a header with a line break in it', `GET /v1/health HTTP/1.1\r\n${HOST}X-A: a\u0000b\r\n\r\n`],
    ['two lengths', `POST /v1/projects HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc`],
    [
      'a length and chunks',
      `POST /v1/projects HTTP/1.1\r\n${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a length that is no number', `POST /v1/projects HTTP/1.1\r\n${HOST}Content-Length: abc\r\n\r\n`],
  ])('%s', async (_what, bytes) => {
    const { status, headers, error } = await sendRaw(bytes);
    expect(status).toBe(400);
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.request_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.toLowerCase()).toContain('connection: close');
    expect(headers.toLowerCase()).toContain('content-type: application/json');
    expect(headers.toLowerCase()).toContain(`x-request-id: ${error.request_id}`);
  });
});

test('headers that are too large are answered with an envelope that names the limit', async () => {
  const { status, error } = await sendRaw(
    `GET /v1/health HTTP/1.1\r\n${HOST}X-A: ${'a'.repeat(33 * 1024)}\r\n\r\n`,
  );
  expect(status).toBe(400);
  expect(error).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('32768 bytes') });
});

test('a request without a Host is answered with an envelope', async () => {
  const { status, error } = await sendRaw('GET /v1/health HTTP/1.1\r\nConnection: close\r\n\r\n');
  expect(status).toBe(400);
  expect(error.code).toBe('INVALID_INPUT');
});

test('a request with two Hosts is answered with an envelope, whatever the second is', async () => {
  for (const second of ['localhost', 'evil.example']) {
    const hosts = `${HOST}${'a:b\r\n'.repeat(1_100)}hOST: ${second}\r\n`;
    const { status, error } = await sendRaw(`GET /v1/health HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`);
    expect([status, error.code]).toEqual([400, 'INVALID_INPUT']);
  }
});

test.each(['a b', '%', '[::1', 'evil.example/path?', 'user@host'])(
  'a Host of %j is answered with an envelope',
  async (host) => {
    const { status, error } = await sendRaw(
      `GET /v1/nowhere HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    expect([400, 401]).toContain(status);
    expect(['INVALID_INPUT', 'UNAUTHORIZED']).toContain(error.code);
  },
);

test('an absolute or odd target is answered with an envelope', async () => {
  for (const target of ['http://evil.example/v1/nowhere', '//evil.example/v1/x', '*']) {
    const { status, error } = await sendRaw(`GET ${target} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    expect([400, 401, 404]).toContain(status);
    expect(error.request_id).toBeTruthy();
  }
});

test('an Expect header that nobody knows is passed over', async () => {
  const { status, error } = await sendRaw(
    `GET /nowhere HTTP/1.1\r\n${HOST}Expect: the-impossible\r\nConnection: close\r\n\r\n`,
  );
  expect([status, error.code]).toEqual([404, 'NOT_FOUND']);
});

test('a token of a few hundred organizations fits into the headers', async () => {
  const organizations = Array.from({ length: 200 }, (_, n) => ({
    id: `org_${n}_${'x'.repeat(20)}`,
    role: 'member',
  }));
  const token = await api.issuer.token({ subject: 'user_of_many', organizations });
  expect((await api.send('GET', '/v1/regions', { token })).status).toBe(200);
});

test('a caller that goes away in the middle of its body leaves the service as it was', async () => {
  const { hostname, port } = new URL(api.url);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      const head = `POST /v1/projects HTTP/1.1\r\n${HOST}Authorization: Bearer ${owner.token}\r\nContent-Type: application/json\r\n`;
      socket.write(`${head}Content-Length: 1000\r\n\r\n{"name":`, () => socket.destroy());
    });
    socket.on('close', () => resolve());
  });
  const { status } = await api.send('GET', `/v1/projects?org_id=${owner.orgId}`, { as: owner });
  expect(status).toBe(200);
});

describe('a request whose body cannot be read is refused, and has not been done:', () => {
  const credential = `Authorization: Bearer ${owner.token}\r\n`;
  test.each([
    ['in a coding that nobody knows', 'Transfer-Encoding: gzip\r\n\r\n'],
    [
      'in chunks that are none, behind a thousand other headers',
      `${'a:b\r\n'.repeat(1_100)}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    ],
    ['in chunks that are none', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['in chunks that turn into nonsense', 'Transfer-Encoding: chunked\r\n\r\n1\r\na\r\nzz\r\n'],
  ])('%s', async (_what, rest) => {
    const { id: projectId } = await api.createProject(owner);
    const path = `/v1/projects/${projectId}`;
    for (const type of ['', 'Content-Type: text/plain\r\n', 'Content-Type: application/json\r\n']) {
      const { status, error } = await sendRaw(
        `DELETE ${path} HTTP/1.1\r\n${HOST}${credential}${type}${rest}`,
      );
      expect([status, error.code]).toEqual([400, 'INVALID_INPUT']);
      expect((await api.send('GET', path, { as: owner })).status).toBe(200);
    }
    expect((await api.send('DELETE', path, { as: owner })).status).toBe(204);
    const { status } = await sendRaw(`POST ${path}/restore HTTP/1.1\r\n${HOST}${credential}${rest}`);
    expect(status).toBe(400);
    expect((await api.send('GET', path, { as: owner })).status).toBe(404);
  });

  test('also where it is looked at only when its connection has ended', async () => {
    const { id: projectId } = await api.createProject(owner);
    const path = `/v1/projects/${projectId}`;
    const { body: key } = await api.send<{ api_key: string }>(
      'POST',
      `/v1/organizations/${owner.orgId}/api-keys`,
      { as: owner, body: { name: 'late', scopes: ['projects:read', 'projects:write'] } },
    );
    const ended = Promise.withResolvers<void>();
    const readAsBearer: typeof api.store.readAsBearer = async (...lookup) => {
      await ended.promise;
      return await api.store.readAsBearer(...lookup);
    };
    const late = await api.startAnother({ store: { ...api.store, readAsBearer } });
    try {
      const answer = await talk(
        `DELETE ${path} HTTP/1.1\r\n${HOST}Authorization: Bearer ${key.api_key}\r\nX-Request-Id: late\r\nTransfer-Encoding: gzip\r\n\r\n`,
        late.url,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      ended.resolve();
      await expect.poll(() => late.logs()).toContain('"request_id":"late"');
      expect((await api.send('GET', path, { as: owner })).status).toBe(200);
    } finally {
      await late.close();
    }
  });

  test('but one of bytes that nobody looks at is passed over', async () => {
    const { id: projectId } = await api.createProject(owner);
    const answer = await talk(
      `DELETE /v1/projects/${projectId} HTTP/1.1\r\n${HOST}${credential}Connection: close\r\nContent-Length: 3\r\n\r\n\u0000{x`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 204 /);
  });
});

test('nonsense behind requests is answered behind them: each answer is the one to its request', async () => {
  const { id: projectId } = await api.createProject(owner);
  const request = (method: string, rest = '\r\n') =>
    `${method} /v1/projects/${projectId} HTTP/1.1\r\n${HOST}Authorization: Bearer ${owner.token}\r\n${rest}`;
  for (const unreadable of [
    'nonsense\r\n\r\n',
    request('DELETE', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n'),
  ]) {
    const answers = await talk(`${request('GET')}${request('GET')}${unreadable}${'x'.repeat(10_000)}`);
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
    expect(statuses).toEqual([200, 200, 400]);
  }
  // What has its answer gets no second one, though its body cannot be read.
  const unknown = request('DELETE', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n').replace(
    'Bearer ',
    'Bearer x',
  );
  const refused = await talk(`${request('GET')}${unknown}`);
  const statuses = [...refused.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
  expect([
    [200, 401],
    [200, 400],
  ]).toContainEqual(statuses);
  expect((await api.send('GET', `/v1/projects/${projectId}`, { as: owner })).status).toBe(200);
});

test('whoever takes nothing of the answers is closed to, and not waited for', async () => {
  const impatient = await startTestApi({ silenceMs: 300 });
  try {
    const { hostname, port } = new URL(impatient.url);
    const socket = connect(Number(port), hostname).pause();
    socket.on('error', () => socket.destroy());
    socket.write(`GET /openapi.yaml HTTP/1.1\r\n${HOST}\r\n`.repeat(200));
    // What does not read hears of its end when it writes; it does so less often than it is closed to.
    const isClosed = () => {
      socket.write('\r\n');
      return socket.destroyed;
    };
    await expect.poll(isClosed, { timeout: 20_000, interval: 1_000 }).toBe(true);
  } finally {
    await impatient.close();
  }
});
