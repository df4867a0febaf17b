import type { CacheRuleAnswer, CacheRuleList } from '@headgate/schema';
import { describe, expect, test } from 'vitest';
import { expectRefusal, useProject } from './support.ts';

const { api, owner, projectId } = await useProject();
const { id: databaseId } = await api.createDatabase(owner, projectId);
const path = `/v1/projects/${projectId}/databases/${databaseId}/cache-rules`;
const { entry } = (
  await api.send<CacheRuleAnswer>('POST', path, {
    as: owner,
    body: { sql: 'SELECT a FROM t', cache_enabled: true },
  })
).body;

const create = async (body: unknown) => await api.send<CacheRuleAnswer>('POST', path, { as: owner, body });
const put = async (body: unknown) =>
  await api.send<CacheRuleAnswer>('PUT', `${path}/${entry.query_hash}`, { as: owner, body });

/** Nothing that was refused has left anything. */
async function expectUnchanged(): Promise<void> {
  expect((await api.send<CacheRuleList>('GET', path, { as: owner })).body).toEqual({ entries: [entry] });
}

const WRONG: [string, unknown][] = [
  ['cache_enabled', undefined],
  ['cache_enabled', null],
  ['cache_enabled', 'true'],
  ['cache_enabled', 1],
  ...['cache_ttl_seconds', 'cache_swr_seconds'].flatMap((field) =>
    [-1, 86_401, 1.5, '60', true, [], {}, Number.MAX_SAFE_INTEGER].map((value): [string, unknown] => [
      field,
      value,
    ]),
  ),
  ['ttl', 60],
  ['query_hash', entry.query_hash],
];

describe.each([
  ['POST', async (over: object) => await create({ sql: 'SELECT b FROM t', cache_enabled: true, ...over })],
  ['PUT', async (over: object) => await put({ cache_enabled: false, ...over })],
] as const)('%s', (_method, send) => {
  test.each(WRONG)('refuses %s: %j by its name', async (field, value) => {
    expectRefusal(await send({ [field]: value }), { code: 'INVALID_INPUT', field });
    await expectUnchanged();
  });
});

test.each([
  [0, 0],
  [86_400, 86_400],
  [null, null],
  [1, null],
])('a TTL of %j and a stale time of %j are within bounds', async (ttl, swr) => {
  const body = { cache_enabled: false, cache_ttl_seconds: ttl, cache_swr_seconds: swr };
  expect((await put(body)).body.entry).toMatchObject(body);
  await put({ cache_enabled: true });
});

test.each([
  [undefined, 'is required'],
  [null, 'must be a string'],
  [1, 'must be a string'],
  ['', 'must have 1 to 10000 characters'],
  [`SELECT ${'a'.repeat(9_994)}`, 'must have 1 to 10000 characters'],
  ['SELECT 1\0', 'control characters'],
  ["SELECT '\u{7}'", 'control characters'],
  ["SELECT '\ud800'", 'well-formed Unicode'],
  ['   ', 'must hold a statement'],
  ['SELECT 1; SELECT 2', 'holds 2'],
  ['selec 1', 'is not valid SQL: syntax error at line 1, column 1'],
  ['DELETE FROM t', 'this is DELETE'],
  ['SELECT a FROM t FOR UPDATE', 'must not lock rows'],
  ['SELECT random()', 'must not call random()'],
  ['SELECT my_function()', 'must not call my_function()'],
  [`SELECT ${'- '.repeat(4_990)}a`, 'nested too deeply'],
])('the statement %j is refused: %s', async (sql, words) => {
  const { message } = expectRefusal(await create({ sql, cache_enabled: true }), {
    code: 'INVALID_INPUT',
    field: 'sql',
  });
  expect(message).toContain(words);
  await expectUnchanged();
});

test('a statement of the greatest length is taken, with tabs, line breaks and letters of every script', async () => {
  const start = 'SELECT\t"größe"\r\nFROM t WHERE a = \'';
  const sql = `${start}${'\u{1f600}'.repeat(10_000 - start.length - 1)}'`;
  const answer = await create({ sql, cache_enabled: true });
  expect(answer.body.entry.normalized_sql).toBe('select "größe" from t where a = $1');
  await api.send('DELETE', `${path}/${answer.body.entry.query_hash}`, { as: owner });
});

test.each(['0', 'f'.repeat(15), 'f'.repeat(17), 'F'.repeat(16), 'g'.repeat(16), `${'f'.repeat(15)}%0A`])(
  'the hash %j is refused: it is none',
  async (hash) => {
    const wrong = { code: 'INVALID_INPUT', field: 'query_hash' } as const;
    const body = { cache_enabled: true };
    expectRefusal(await api.send('PUT', `${path}/${hash}`, { as: owner, body }), wrong);
    expectRefusal(await api.send('DELETE', `${path}/${hash}`, { as: owner }), wrong);
  },
);

test('bodies that are no JSON objects are refused', async () => {
  for (const body of [null, [], 'x', 1]) {
    expectRefusal(await create(body), { code: 'INVALID_INPUT', field: 'body' });
    expectRefusal(await put(body), { code: 'INVALID_INPUT', field: 'body' });
  }
  const at = `${path}/${entry.query_hash}`;
  const send = async (rawBody: string | Uint8Array<ArrayBuffer>, headers = {}) =>
    await api.send('PUT', at, { as: owner, rawBody, headers });
  expectRefusal(await send('{"cache_enabled": tru'), { code: 'INVALID_INPUT', field: 'body' });
  expectRefusal(await send(new Uint8Array([0x7b, 0xff, 0x7d])), { code: 'INVALID_INPUT', field: 'body' });
  expectRefusal(await send('cache_enabled=true', { 'Content-Type': 'text/plain' }), {
    code: 'UNSUPPORTED_MEDIA_TYPE',
  });
  expectRefusal(await send(`{"cache_enabled": true${' '.repeat(1024 * 1024)}}`), {
    code: 'PAYLOAD_TOO_LARGE',
  });
  await expectUnchanged();
});

test.each(['?page_size=0', '?page_size=101', '?page_size=x', '?page_token=%21', '?unknown=1'])(
  'the list refuses %s',
  async (query) => {
    expectRefusal(await api.send('GET', `${path}${query}`, { as: owner }), { code: 'INVALID_INPUT' });
  },
);
