import type { Database } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { auditOf, expectRefusal, rows } from './support.ts';

let api: TestApi;
let owner: TestActor;
let projectId: string;
let database: Database;
beforeAll(async () => {
  api = await startTestApi();
  ({ owner } = await api.createOrganization());
  ({ id: projectId } = await api.createProject(owner));
});
afterAll(async () => await api.close());
beforeEach(async () => {
  database = await api.createDatabase(owner, projectId, {
    ssl_mode: 'require',
    role: 'replica',
    pool_region: 'eu-1',
    query_timeout_ms: 5_000,
    auto_read_routing: true,
    cache_config: { enabled: true, ttl_seconds: 7 },
    pool_config: { pool_size: 20, max_active: 40 },
    password: 'first-password',
  });
});

const path = () => `/v1/projects/${projectId}/databases/${database.id}`;
const patch = async (body: unknown) => await api.send<Database>('PATCH', path(), { as: owner, body });
const read = async () => await api.send<Database>('GET', path(), { as: owner });
const sealed = async () => {
  const [row] = await rows<{ sealed_password: string; version: number }>(
    api,
    'select sealed_password, version from databases where id = $1',
    [database.id],
  );
  if (row === undefined) throw new Error('the database is gone');
  return {
    version: row.version,
    jwe: row.sealed_password,
    password: await api.vault.open(row.sealed_password, `databases/${database.id}/password`),
  };
};

test('what is given changes, what is left out stays, and a read tells the same', async () => {
  api.clock.advance(1_000);
  const { status, body } = await patch({
    host: 'DB2.example.com',
    port: 6543,
    query_timeout_ms: 0,
    auto_read_routing: false,
  });
  expect(status).toBe(200);
  expect(body).toEqual({
    ...database,
    ...{ host: 'DB2.example.com', port: 6543, query_timeout_ms: 0, auto_read_routing: false },
    updated_at: api.clock.now().toISOString(),
  });
  expect((await read()).body).toEqual(body);
});

test('a new name and user are in the connection string at once', async () => {
  const { body } = await patch({ name: 'new db', username: 'new@user' });
  expect(body.connection_string).toContain('//new%40user:YOUR_PASSWORD@');
  expect(body.connection_string).toMatch(/\/new%20db$/);
});

test('"" for ssl_mode and role is no change, for pool_region it unsets', async () => {
  const { body } = await patch({ ssl_mode: '', role: '', pool_region: '' });
  expect(body).toMatchObject({ ssl_mode: 'require', role: 'replica' });
  expect(body).not.toHaveProperty('pool_region');
});

test('what clients send back of the read-only fields is ignored, whatever it is', async () => {
  const { status, body } = await patch({
    ...{ id: 'db_other', project_id: null, connection_string: 'x', created_at: '', updated_at: {} },
    port: 6543,
  });
  expect(status).toBe(200);
  expect(body).toEqual({ ...database, port: 6543, updated_at: body.updated_at });
});

test('a database as it was read can be sent back whole, and that changes nothing', async () => {
  const before = await read();
  const answer = await patch(before.body);
  expect(answer.body).toEqual(database);
  expect(answer.headers.get('etag')).toBe(before.headers.get('etag'));
});

test('partial configurations are merged into what there is, not into the defaults', async () => {
  const { body } = await patch({
    cache_config: { swr_seconds: 1 },
    pool_config: { pool_mode: 'transaction' },
  });
  expect(body.cache_config).toEqual({ enabled: true, ttl_seconds: 7, max_entries: 10_000, swr_seconds: 1 });
  expect(body.pool_config).toEqual({
    pool_size: 20,
    min_pool_size: 1,
    pool_mode: 'transaction',
    max_active: 40,
  });
});

test('max_active 0 brings the default back', async () => {
  expect((await patch({ pool_config: { max_active: 0 } })).body.pool_config.max_active).toBe(200);
});

test.each([
  [{ pool_size: 41 }, 41],
  [{ pool_size: 39 }, 40],
  [{ pool_size: 201, max_active: 0 }, 201],
])('a max_active that is not given makes room for the pool: %j', async (pool_config, expected) => {
  const { body } = await patch({ pool_config });
  expect(body.pool_config).toMatchObject({ pool_size: pool_config.pool_size, max_active: expected });
});

describe('the rules between fields hold over the merged configuration', () => {
  test.each([
    ['pool_config.pool_size', { pool_size: 41, max_active: 40 }],
    ['pool_config.pool_size', { max_active: 19 }],
    ['pool_config.min_pool_size', { min_pool_size: 21 }],
  ])('%s in %j', async (field, pool_config) => {
    expectRefusal(await patch({ pool_config }), { code: 'INVALID_INPUT', field });
    expect((await read()).body).toEqual(database);
  });
});

describe('is refused by name', () => {
  test.each([
    ['host', { host: '' }],
    ['port', { port: 0 }],
    ['name', { name: null }],
    ['password', { password: '' }],
    ['ssl_mode', { ssl_mode: 'on' }],
    ['role', { role: null }],
    ['pool_region', { pool_region: 'mars-1' }],
    ['query_timeout_ms', { query_timeout_ms: null }],
    ['cache_config.ttl', { cache_config: { ttl: 1 } }],
    ['org_id', { org_id: 'org_other' }],
  ])('%s in %j', async (field, body) => {
    expectRefusal(await patch(body), { code: 'INVALID_INPUT', field });
    expect((await read()).body).toEqual(database);
  });
});

describe('a change of the password alone', () => {
  test('is a new version of the database, sealed anew', async () => {
    const before = await read();
    api.clock.advance(1_000);
    const answer = await patch({ password: 'second-password' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).not.toBe(before.headers.get('etag'));
    expect(answer.body).toEqual({ ...database, updated_at: api.clock.now().toISOString() });
    expect(await sealed()).toMatchObject({ password: 'second-password', version: 2 });
  });

  test('leaves an audit entry that says so and does not hold it', async () => {
    await patch({ password: 'second-password' });
    const entries = await auditOf(api, database.id);
    expect(entries[1]).toMatchObject({
      action: 'database.update',
      before: {},
      after: { password: '[redacted]' },
    });
    expect(JSON.stringify(entries)).not.toContain('second-password');
  });
});

test('a change of something else leaves the sealed password as it was', async () => {
  const before = await sealed();
  await patch({ port: 6000 });
  expect(await sealed()).toEqual({ ...before, version: 2 });
});

test('an audit entry tells what changed, as it was and as it is, and nothing else', async () => {
  await patch({ port: 6000, host: database.host });
  const [, entry] = await auditOf(api, database.id);
  expect(entry).toMatchObject({ action: 'database.update', before: { port: 5432 }, after: { port: 6000 } });
  expect(Object.keys(entry?.after ?? {})).toEqual(['port']);
});

describe('a PATCH that changes nothing leaves no trace', () => {
  test.each([
    ['nothing', () => ({})],
    [
      'the same values',
      () => ({ host: database.host, port: 5432, role: 'replica', pool_config: database.pool_config }),
    ],
    ['no-change forms', () => ({ ssl_mode: '', role: '', pool_config: {}, cache_config: {} })],
  ])('%s', async (_what, body) => {
    const before = await read();
    api.clock.advance(1_000);
    const answer = await patch(body());
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(database);
    expect(answer.headers.get('etag')).toBe(before.headers.get('etag'));
    expect(await auditOf(api, database.id)).toHaveLength(1);
    expect((await sealed()).version).toBe(1);
  });
});
