import { request } from 'node:http';
import { MAX_BODY_BYTES } from '@headgate/schema';
import { databaseInput, projectInput } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import type { TestRequest } from './harness.ts';
import { expectRefusal, rows, useProject } from './support.ts';

const SECRET = 'Marked-Password-73';

const { api, owner, projectId } = await useProject();

const databases = () => `/v1/projects/${projectId}/databases`;
const post = async (over: TestRequest) => await api.send('POST', databases(), { as: owner, ...over });
const count = async () => await rows(api, 'select count(*)::integer as count from databases');

/** A valid body of exactly so many bytes: white space is part of JSON. */
const padded = (bytes: number) => {
  const text = JSON.stringify(databaseInput());
  return text + ' '.repeat(bytes - Buffer.byteLength(text));
};

/** Sends a body in chunks, without a declared length. */
async function postChunked(text: string): Promise<{ status: number; body: any; requestId: unknown }> {
  return await new Promise((resolve, reject) => {
    const sent = request(`${api.url}${databases()}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${owner.token}`,
        'Content-Type': 'application/json',
        'Transfer-Encoding': 'chunked',
      },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
        resolve({ status: response.statusCode ?? 0, body, requestId: response.headers['x-request-id'] });
      });
    });
    for (let at = 0; at < text.length; at += 65_536) sent.write(text.slice(at, at + 65_536));
    sent.end();
  });
}

describe('a body of more than 1 MiB', () => {
  test('is refused by its declared length, with the limit in the message', async () => {
    const before = await count();
    const answer = await post({ rawBody: padded(MAX_BODY_BYTES + 1) });
    expect(answer.status).toBe(413);
    expect(expectRefusal(answer, { code: 'PAYLOAD_TOO_LARGE' }).message).toContain('1048576');
    expect(await count()).toEqual(before);
  });

  test('is refused when it comes in chunks without a length', async () => {
    const before = await count();
    const { status, body, requestId } = await postChunked(padded(MAX_BODY_BYTES + 1));
    expect([status, body.error.code, body.error.request_id]).toEqual([413, 'PAYLOAD_TOO_LARGE', requestId]);
    expect(await count()).toEqual(before);
  });

  test('one of exactly 1 MiB is taken, with a length and in chunks', async () => {
    expect((await post({ rawBody: padded(MAX_BODY_BYTES) })).status).toBe(201);
    expect((await postChunked(padded(MAX_BODY_BYTES))).status).toBe(201);
  });

  test('is refused for every operation that takes one', async () => {
    const rawBody = padded(MAX_BODY_BYTES + 1);
    for (const [method, path] of [
      ['POST', '/v1/projects'],
      ['PATCH', `/v1/projects/${projectId}`],
      ['POST', `/v1/projects/${projectId}/restore`],
    ] as const) {
      expect((await api.send(method, path, { as: owner, rawBody })).status).toBe(413);
    }
  });
});

describe('a content type that is not JSON is refused with 415', () => {
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'text/json',
    '',
  ])('%s', async (type) => {
    const answer = await post({
      rawBody: JSON.stringify(databaseInput()),
      headers: { 'Content-Type': type },
    });
    expect(answer.status).toBe(415);
    expect(expectRefusal(answer, { code: 'UNSUPPORTED_MEDIA_TYPE' }).message).toContain('application/json');
  });

  test.each([
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/json;charset=UTF-8',
    'application/merge-patch+json',
  ])('but %s is JSON', async (type) => {
    expect((await post({ body: databaseInput(), headers: { 'Content-Type': type } })).status).toBe(201);
  });
});

describe('malformed JSON is refused with its line and column, and never quoted', () => {
  test.each([
    ['a comma that is missing', `{\n  "password": "${SECRET}"\n  "port": 1\n}`, 'line 3, column 3'],
    ['an unfinished string', `{"password": "${SECRET}`, 'line 1'],
    ['an unfinished object', `{"password": "${SECRET}"`, 'line 1, column 34'],
    ['a word', `{"password": ${SECRET}}`, 'line 1, column 14'],
    ['a single quote', `{'password': '${SECRET}'}`, 'line 1, column 2'],
    ['a trailing comma', `{"password": "${SECRET}",}`, 'line 1'],
    ['a comment', `{"password": "${SECRET}" /* note */}`, 'line 1'],
    ['more behind the end', `{"password": "${SECRET}"} {}`, 'line 1'],
    ['a raw control character', `{"password": "${SECRET}\u0001"}`, 'line 1'],
    ['an invalid escape', `{"password": "${SECRET}\\x"}`, 'line 1'],
    ['NaN', `{"password": "${SECRET}", "port": NaN}`, 'line 1'],
  ])('%s', async (_what, rawBody, position) => {
    const answer = await post({ rawBody });
    expect(answer.status).toBe(400);
    const { message } = expectRefusal(answer, { code: 'INVALID_INPUT' });
    expect(message).toContain('is not valid JSON');
    expect(message).toContain(position);
    expect(answer.text).not.toContain(SECRET);
    expect(answer.text).not.toContain('Marked');
  });

  test.each([
    ['no body at all', undefined],
    ['an empty body', ''],
    ['white space', ' \n '],
  ])('%s is said to be empty', async (_what, rawBody) => {
    const answer = await post({ rawBody, headers: { 'Content-Type': 'application/json' } });
    expect(answer.status).toBe(400);
    expect(expectRefusal(answer, { code: 'INVALID_INPUT' }).message).toContain('empty');
  });

  test('a change whose body was lost on the way is refused, and not taken for one that changes nothing', async () => {
    for (const [method, path] of [
      ['PATCH', `/v1/projects/${projectId}`],
      ['POST', '/v1/projects'],
      ['POST', databases()],
    ] as const) {
      const answer = await api.send(method, path, { as: owner });
      expect(answer.status).toBe(400);
      expectRefusal(answer, { code: 'INVALID_INPUT', field: 'body' });
    }
  });

  test('what is not UTF-8 is refused, since its characters could not be kept', async () => {
    const text = Buffer.from(JSON.stringify({ ...databaseInput(), password: 'caf?' }));
    text[text.indexOf('?')] = 0xe9;
    const before = await count();
    const answer = await post({ rawBody: new Uint8Array(text) });
    expect(await count()).toEqual(before);
    expect(answer.status).toBe(400);
    expect(expectRefusal(answer, { code: 'INVALID_INPUT' }).message).toContain('UTF-8');
  });
});

describe('a body that is no object is refused', () => {
  test.each(['[]', 'null', '"text"', '5', 'true', '[{"host":"x"}]'])('%s', async (rawBody) => {
    const answer = await post({ rawBody });
    expect(answer.status).toBe(400);
    expect(expectRefusal(answer, { code: 'INVALID_INPUT' }).message).toMatch(/^body must be a JSON object/);
  });
});

describe('a body that is made to exhaust', () => {
  const LEVELS = 20_000;
  test.each([
    ['lists, whole', '['.repeat(LEVELS) + ']'.repeat(LEVELS)],
    ['objects, whole', '{"a":'.repeat(LEVELS) + '1' + '}'.repeat(LEVELS)],
    ['lists, unfinished', '['.repeat(LEVELS)],
    ['objects, unfinished', '{"a":'.repeat(LEVELS)],
    ['lists in a field', `{"host": ${'['.repeat(LEVELS)}${']'.repeat(LEVELS)}}`],
  ])('by 20 000 levels (%s) is refused quickly', async (_what, rawBody) => {
    const startedAt = performance.now();
    const answer = await post({ rawBody });
    expect(answer.status).toBe(400);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expectRefusal(answer, { code: 'INVALID_INPUT' });
  });

  test('by fifty thousand unknown fields gets a bounded answer', async () => {
    const rawBody = `{${Array.from({ length: 50_000 }, (_, n) => `"f${n}":1`).join(',')}}`;
    const answer = await post({ rawBody });
    expect(answer.status).toBe(400);
    expect(answer.text.length).toBeLessThan(100_000);
  });

  test('by an unknown field with a name of a megabyte gets a bounded answer', async () => {
    const answer = await post({ rawBody: `{"${'x'.repeat(1_000_000)}":1}` });
    expect(answer.status).toBe(400);
    expect(answer.text.length).toBeLessThan(100_000);
  });

  test('by a list of half a million items gets a bounded answer', async () => {
    const rawBody = `{"name":"x","org_id":"${owner.orgId}","tags":[${'1,'.repeat(499_999)}1]}`;
    const answer = await api.send('POST', '/v1/projects', { as: owner, rawBody });
    expectRefusal(answer, { code: 'INVALID_INPUT' });
    expect(answer.text.length).toBeLessThan(100_000);
  });
});

describe('an unknown field is named', () => {
  test.each([
    ['without what a terminal would obey', 'a\u001b[2J\u0000\n\u202eb', 'a\ufffd[2J\ufffd\ufffd\ufffdb'],
    ['without halves of surrogate pairs', 'a\ud800b', 'a\ufffdb'],
    ['also when its name is empty', '', '""'],
    ['also when it is called __proto__', '__proto__', '__proto__'],
  ])('%s', async (_what, name, shown) => {
    const answer = await post({
      rawBody: JSON.stringify(databaseInput()).replace('{', `{${JSON.stringify(name)}:1,`),
    });
    expect(answer.status).toBe(400);
    expectRefusal(answer, { code: 'INVALID_INPUT', field: shown });
  });
});

describe('what is fine', () => {
  test('a restore with neither body nor content type, with an empty object, and with a length of 0', async () => {
    for (const over of [{}, { rawBody: '{}' }, { headers: { 'Content-Length': '0' } }]) {
      const { id } = await api.createProject(owner);
      await api.send('DELETE', `/v1/projects/${id}`, { as: owner });
      expect((await api.send('POST', `/v1/projects/${id}/restore`, { as: owner, ...over })).status).toBe(200);
    }
  });

  test('an Accept header that asks for something else: the answer is JSON all the same', async () => {
    const answer = await post({
      body: databaseInput(),
      headers: { Accept: 'text/html, application/xml;q=0.9' },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });

  test('escapes in JSON, and a number that is whole though it is written otherwise', async () => {
    const rawBody = String.raw`{"name":"caf\u00e9 \ud83d\udc18","org_id":"${owner.orgId}","database":{"host":"h","port":5.432e3,"name":"n","username":"u","password":"p"}}`;
    const answer = await api.send('POST', '/v1/projects', { as: owner, rawBody });
    expect(answer.body).toMatchObject({ project: { name: 'café 🐘' }, database: { port: 5432 } });
  });

  test('read-only fields of a PATCH that hold anything, however deep', async () => {
    const rawBody = `{"id": ${'['.repeat(5_000)}${']'.repeat(5_000)}}`;
    expect((await api.send('PATCH', `/v1/projects/${projectId}`, { as: owner, rawBody })).status).toBe(200);
  });
});

test('no refused body stands in the logs', async () => {
  await post({ rawBody: `{"password": "${SECRET}` });
  await post({ body: { ...databaseInput({ password: SECRET }), port: 0 } });
  await api.send('POST', '/v1/projects', { as: owner, body: { ...projectInput(owner.orgId), [SECRET]: 1 } });
  expect(api.logs()).not.toContain(SECRET);
});
