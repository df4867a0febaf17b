import { isId, newId, type Database } from '@headgate/schema';
import { databaseInput } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import { auditOf, expectRefusal, rows, useProject } from './support.ts';

const RFC_3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const { api, owner, projectId } = await useProject();

const create = async (body: unknown) =>
  await api.send<Database>('POST', `/v1/projects/${projectId}/databases`, { as: owner, body });
const read = async (id: string) =>
  await api.send<Database>('GET', `/v1/projects/${projectId}/databases/${id}`, { as: owner });

describe('the request of the reference', () => {
  const reference = {
    host: 'db.example.com',
    port: 5432,
    name: 'mydb',
    username: 'myuser',
    password: 'pa$$word',
  };

  test('answers the database with its connection string and every default, and nothing else', async () => {
    const { status, body } = await create(reference);
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      project_id: projectId,
      connection_string: `postgresql://myuser:YOUR_PASSWORD@prj-${projectId.slice(4)}.proxy.example.com:6432/mydb`,
      host: 'db.example.com',
      port: 5432,
      name: 'mydb',
      username: 'myuser',
      ssl_mode: 'verify-full',
      provider: 'postgresql',
      cache_config: { enabled: false, ttl_seconds: 60, max_entries: 10_000, swr_seconds: 30 },
      pool_config: { pool_size: 10, min_pool_size: 1, pool_mode: 'session', max_active: 200 },
      created_at: api.clock.now().toISOString(),
      updated_at: api.clock.now().toISOString(),
    });
    expect(isId('db', body.id)).toBe(true);
    expect(body.created_at).toMatch(RFC_3339_UTC);
  });

  test('answers with the ETag and the path of the new database', async () => {
    const { headers, body } = await create(reference);
    expect(headers.get('location')).toBe(`/v1/projects/${projectId}/databases/${body.id}`);
    const got = await api.send<Database>('GET', headers.get('location') ?? '', { as: owner });
    expect(got.body).toEqual(body);
    expect(got.headers.get('etag')).toBe(headers.get('etag'));
    expect(headers.get('etag')).toMatch(/^"[^"]+"$/);
  });

  test('leaves one audit entry, of the caller and the request, without the password', async () => {
    const { headers, body } = await create(reference);
    const entries = await auditOf(api, body.id);
    expect(entries).toEqual([
      {
        action: 'database.create',
        actor_id: owner.userId,
        request_id: headers.get('x-request-id'),
        before: null,
        after: JSON.parse(JSON.stringify(body)),
      },
    ]);
  });
});

test('no answer holds the password: neither of the creation, nor of a read, a list, a change or a refusal', async () => {
  const password = 'Marked-Password-71';
  const created = await create(databaseInput({ password }));
  const path = `/v1/projects/${projectId}/databases/${created.body.id}`;
  const answers = [
    created,
    await api.send('GET', path, { as: owner }),
    await api.send('GET', `/v1/projects/${projectId}/databases`, { as: owner }),
    await api.send('PATCH', path, { as: owner, body: { password: `${password}-2` } }),
    await api.send('PATCH', path, { as: owner, body: { password: `${password}\u0000` } }),
    await api.send('PATCH', path, { as: owner, body: { password: [password] } }),
    await create({ ...databaseInput({ password }), port: 0 }),
    await create({ ...databaseInput({ password }), ssl_mode: password }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 400, 400, 400, 400]);
  for (const { text, headers } of answers) {
    expect(text).not.toContain(password);
    expect(JSON.stringify([...headers])).not.toContain(password);
  }
});

test('a password is kept to the letter, sealed for its own database', async () => {
  const password = ' pä$$ "wörd"\\ 🐘 %41 ';
  const { body } = await create(databaseInput({ password }));
  const [row] = await rows<{ sealed_password: string }>(
    api,
    'select sealed_password from databases where id = $1',
    [body.id],
  );
  expect(await api.vault.open(row?.sealed_password ?? '', `databases/${body.id}/password`)).toBe(password);
});

test('every value that is given comes back to the letter', async () => {
  const given = {
    host: 'DB-1.Example.COM.',
    port: 65_535,
    name: 'My "Db"/é',
    username: 'Some.User@corp',
    ssl_mode: 'verify-ca',
    provider: 'neon',
    excluded_schemas: ['Audit "log"', 'é'.repeat(31)],
    role: 'replica',
    pool_region: 'eu-1',
    query_timeout_ms: 0,
    auto_read_routing: false,
    cache_config: { enabled: true, ttl_seconds: 0, max_entries: 0, swr_seconds: 0 },
    pool_config: { pool_size: 7, min_pool_size: 7, pool_mode: 'transaction', max_active: 7 },
  } as const;
  const { status, body } = await create({ ...given, password: 'secret' });
  expect(status).toBe(201);
  expect(body).toMatchObject(given);
  const { warnings: _, ...database } = body;
  expect((await read(body.id)).body).toEqual(database);
});

test('what was never set is left out of the answer', async () => {
  const { body } = await create(databaseInput());
  for (const field of ['role', 'pool_region', 'query_timeout_ms', 'auto_read_routing', 'password']) {
    expect(body).not.toHaveProperty(field);
  }
});

test('an empty pool_region is one that was never set', async () => {
  const { status, body } = await create({ ...databaseInput(), pool_region: '' });
  expect(status).toBe(201);
  expect(body).not.toHaveProperty('pool_region');
});

describe('a configuration that is given in part', () => {
  test('is filled with the defaults', async () => {
    const { body } = await create({
      ...databaseInput(),
      cache_config: { ttl_seconds: 5 },
      pool_config: { pool_mode: 'statement' },
    });
    expect(body.cache_config).toEqual({
      enabled: false,
      ttl_seconds: 5,
      max_entries: 10_000,
      swr_seconds: 30,
    });
    expect(body.pool_config).toEqual({
      pool_size: 10,
      min_pool_size: 1,
      pool_mode: 'statement',
      max_active: 200,
    });
  });

  test('may be empty', async () => {
    const { status, body } = await create({ ...databaseInput(), cache_config: {}, pool_config: {} });
    expect(status).toBe(201);
    expect(body.pool_config.pool_size).toBe(10);
  });

  test('takes a max_active of 0 for the default', async () => {
    const { body } = await create({ ...databaseInput(), pool_config: { max_active: 0 } });
    expect(body.pool_config.max_active).toBe(200);
  });

  test.each([{}, { max_active: 0 }])(
    'makes room for a large pool where max_active is not given: %j',
    async (given) => {
      const pool_config = { pool_size: 300, min_pool_size: 1, pool_mode: 'transaction', ...given };
      const { body } = await create({ ...databaseInput(), pool_config });
      expect(body.pool_config).toEqual({ ...pool_config, max_active: 300 });
    },
  );

  test.each([
    ['pool_config.min_pool_size', { min_pool_size: 11 }],
    ['pool_config.pool_size', { pool_size: 201, max_active: 200 }],
    ['pool_config.pool_size', { max_active: 9 }],
    ['pool_config.min_pool_size', { pool_size: 5, min_pool_size: 6, max_active: 5 }],
  ])(
    'must keep min_pool_size <= pool_size <= max_active with the defaults: %s in %j',
    async (field, pool_config) => {
      const answer = await create({ ...databaseInput(), pool_config });
      expectRefusal(answer, { code: 'INVALID_INPUT', field });
      expect(answer.status).toBe(400);
    },
  );
});

describe('the connection string', () => {
  const PROXY = () => `prj-${projectId.slice(4)}.proxy.example.com:6432`;

  test('is percent-encoded where it must be, and reads back as what was given', async () => {
    const { body } = await create(databaseInput({ username: 'a b@c/é', name: 'my db?x=1' }));
    expect(body.connection_string).toBe(
      `postgresql://a%20b%40c%2F%C3%A9:YOUR_PASSWORD@${PROXY()}/my%20db%3Fx%3D1`,
    );
    const url = new URL(body.connection_string ?? '');
    expect(decodeURIComponent(url.username)).toBe('a b@c/é');
    expect(decodeURIComponent(url.pathname)).toBe('/my db?x=1');
    expect(url.search + url.hash).toBe('');
  });

  test.each(["o'brien", 'a:b', '100%', '#1?', 'ümlaut 🐘', 'a+b&c=d', '[x]'])(
    'keeps the user and database %j apart from its syntax',
    async (text) => {
      const { body } = await create(databaseInput({ username: text, name: text }));
      const url = new URL(body.connection_string ?? '');
      expect([
        decodeURIComponent(url.username),
        url.password,
        url.host,
        decodeURIComponent(url.pathname),
      ]).toEqual([text, 'YOUR_PASSWORD', PROXY(), `/${text}`]);
    },
  );
});

test('a database cannot be made in a project that does not exist, and nothing is written', async () => {
  const before = await rows(api, 'select count(*)::integer as count from databases');
  const answer = await api.send('POST', `/v1/projects/${newId('prj')}/databases`, {
    as: owner,
    body: databaseInput(),
  });
  expectRefusal(answer, { code: 'NOT_FOUND' });
  expect(await rows(api, 'select count(*)::integer as count from databases')).toEqual(before);
});
