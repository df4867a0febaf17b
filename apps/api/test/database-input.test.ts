import type { Database } from '@headgate/schema';
import { databaseInput } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import { expectRefusal, rows, useProject } from './support.ts';

const { api, owner, projectId } = await useProject();

const create = async (over: object) =>
  await api.send<Database>('POST', `/v1/projects/${projectId}/databases`, {
    as: owner,
    body: { ...databaseInput(), ...over },
  });

/** `pool_config.pool_size` and 5 as the part of a request. */
function at(field: string, value: unknown): object {
  const [outer = '', inner] = field.split('.');
  return { [outer]: inner === undefined ? value : { [inner]: value } };
}

const POOL_AT_MOST = { pool_size: 10_000, min_pool_size: 10_000, max_active: 10_000 };

describe('a value at a limit is taken', () => {
  test.each([
    ['host', 'h'],
    ['host', 'h'.repeat(254)],
    ['port', 1],
    ['port', 65_535],
    ['name', 'n'],
    ['name', '🐘'.repeat(255)],
    ['username', 'u'.repeat(255)],
    ['password', 'p'],
    ['password', '🐘'.repeat(2048)],
    ['query_timeout_ms', 300_000],
    ['cache_config.ttl_seconds', 86_400],
    ['cache_config.swr_seconds', 86_400],
    ['cache_config.max_entries', 1_000_000],
    ['pool_config.pool_size', 1],
    ['pool_config.max_active', 10],
  ])('%s %#', async (field, value) => {
    const { status, body } = await create(at(field, value));
    expect(status).toBe(201);
    const { password: _, ...expected } = at(field, value) as { password?: string };
    expect(body).toMatchObject(expected);
  });

  test('all of pool_config at the upper limit', async () => {
    const { status, body } = await create({ pool_config: POOL_AT_MOST });
    expect(status).toBe(201);
    expect(body.pool_config).toMatchObject(POOL_AT_MOST);
  });
});

describe('a value beyond a limit is refused by name', () => {
  test.each([
    ['host', ''],
    ['host', 'h'.repeat(255)],
    ['port', 0],
    ['port', 65_536],
    ['port', -1],
    ['name', ''],
    ['name', '🐘'.repeat(256)],
    ['username', ''],
    ['username', 'u'.repeat(256)],
    ['password', ''],
    ['password', '🐘'.repeat(2049)],
    ['query_timeout_ms', -1],
    ['query_timeout_ms', 300_001],
    ['cache_config.ttl_seconds', -1],
    ['cache_config.ttl_seconds', 86_401],
    ['cache_config.swr_seconds', -1],
    ['cache_config.swr_seconds', 86_401],
    ['cache_config.max_entries', -1],
    ['cache_config.max_entries', 1_000_001],
    ['pool_config.pool_size', 0],
    ['pool_config.pool_size', 10_001],
    ['pool_config.min_pool_size', 0],
    ['pool_config.min_pool_size', 10_001],
    ['pool_config.max_active', -1],
    ['pool_config.max_active', 10_001],
  ])('%s %#', async (field, value) => {
    const answer = await create(at(field, value));
    expect(answer.status).toBe(400);
    expectRefusal(answer, { code: 'INVALID_INPUT', field });
  });
});

describe('a value of another type is refused by name, and never converted', () => {
  test.each([
    ['port', '5432'],
    ['port', 5432.5],
    ['port', 1e300],
    ['port', true],
    ['port', null],
    ['host', 5],
    ['host', null],
    ['host', ['db.example.com']],
    ['password', 12_345],
    ['password', null],
    ['ssl_mode', 'verify_full'],
    ['ssl_mode', ''],
    ['role', 'standby'],
    ['query_timeout_ms', '5'],
    ['auto_read_routing', 'true'],
    ['auto_read_routing', 1],
    ['cache_config', 'on'],
    ['cache_config', []],
    ['cache_config', null],
    ['cache_config.enabled', 'false'],
    ['cache_config.ttl_seconds', '60'],
    ['pool_config', 10],
    ['pool_config.pool_size', '10'],
    ['pool_config.pool_mode', 'SESSION'],
    ['pool_config.max_active', null],
  ])('%s: %j', async (field, value) => {
    const answer = await create(at(field, value));
    expect(answer.status).toBe(400);
    expectRefusal(answer, { code: 'INVALID_INPUT', field });
  });
});

describe('text that could harm a log, a protocol or a database is refused', () => {
  const HARMFUL: [string, string][] = [
    ['NUL', 'a\u0000b'],
    ['a line break', 'a\nb'],
    ['an escape', 'a\u001b[31mb'],
    ['DEL', 'a\u007fb'],
    ['a C1 control character', 'a\u0085b'],
    ['an unpaired surrogate', 'a\ud800b'],
  ];
  test.each(
    ['host', 'name', 'username', 'password', 'pool_region'].flatMap((field) =>
      HARMFUL.map(([kind, value]) => [kind, field, value] as const),
    ),
  )('%s in %s', async (_kind, field, value) => {
    const answer = await create({ [field]: value });
    expect(answer.status).toBe(400);
    expectRefusal(answer, { code: 'INVALID_INPUT', field });
  });
});

describe('a host is one name or address', () => {
  test.each([
    '10.0.0.5',
    '2001:db8::1',
    '::1',
    '::ffff:10.0.0.5',
    'db_primary.internal',
    'xn--bcher-kva.example',
    'bücher.example',
  ])('%s is taken and echoed', async (host) => {
    const { status, body } = await create({ host });
    expect(status).toBe(201);
    expect(body.host).toBe(host);
  });

  test.each([
    'postgresql://db.example.com',
    'db.example.com:5432',
    '[2001:db8::1]',
    'user@db.example.com',
    'a.example,b.example',
    '/var/run/postgresql',
    'db.example.com/x',
    'db.example.com?host=169.254.169.254',
    'a b',
    ' db.example.com',
    'fe80::1%eth0',
    '1:2',
  ])('%s is refused', async (host) => {
    expectRefusal(await create({ host }), { code: 'INVALID_INPUT', field: 'host' });
  });
});

describe('unknown fields are refused by name', () => {
  test.each([
    ['hostname', { hostname: 'x' }],
    ['id', { id: 'db_01h455vb4pex5vsknk084sn02q' }],
    ['connection_string', { connection_string: 'x' }],
    ['cache_config.ttl', { cache_config: { ttl: 5 } }],
    ['pool_config.size', { pool_config: { pool_size: 5, size: 5 } }],
    ['constructor', { constructor: 1 }],
    ['toString', { toString: 1 }],
  ])('%s', async (field, over) => {
    expectRefusal(await create(over), { code: 'INVALID_INPUT', field });
  });

  test('__proto__ too, at the top and inside', async () => {
    const send = async (rawBody: string) =>
      await api.send('POST', `/v1/projects/${projectId}/databases`, { as: owner, rawBody });
    const body = JSON.stringify(databaseInput()).slice(0, -1);
    expectRefusal(await send(`${body},"__proto__":{"port":1}}`), {
      code: 'INVALID_INPUT',
      field: '__proto__',
    });
    expectRefusal(await send(`${body},"pool_config":{"__proto__":{"pool_size":1}}}`), {
      code: 'INVALID_INPUT',
      field: 'pool_config.__proto__',
    });
  });
});

test('a region must be one that is offered, and the refusal lists those', async () => {
  const answer = await create({ pool_region: 'mars-1' });
  const error = expectRefusal(answer, { code: 'INVALID_INPUT', field: 'pool_region' });
  expect(error.message).toContain('"local", "eu-1"');
});

test('all that is wrong is told at once: the first in the message, all in the details', async () => {
  const answer = await api.send('POST', `/v1/projects/${projectId}/databases`, {
    as: owner,
    body: { port: 'x', extra: 1 },
  });
  const error = expectRefusal(answer, { code: 'INVALID_INPUT', field: 'host' });
  expect(error.message).toContain('and 5 more');
  expect(error.details?.map(({ field }) => field)).toEqual([
    'host',
    'port',
    'name',
    'username',
    'password',
    'extra',
  ]);
});

test('none of the refusals above wrote anything but what was answered 201', async () => {
  const [{ count } = { count: -1 }] = await rows<{ count: number }>(
    api,
    `select count(*)::integer as count from databases where not exists
       (select from audit_entries where resource_id = databases.id and action = 'database.create')`,
  );
  expect(count).toBe(0);
  const before = await rows(api, 'select count(*)::integer as count from databases');
  await create({ port: 0 });
  await create({ pool_config: { min_pool_size: 11 } });
  expect(await rows(api, 'select count(*)::integer as count from databases')).toEqual(before);
});
