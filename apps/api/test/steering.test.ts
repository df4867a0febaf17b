/** That nobody who may not read a stored password can have it sent to a server of their own. */
import { randomUUID } from 'node:crypto';
import type { Certificate, Database, Replica } from '@headgate/schema';
import { certificateInput, uniqueName, type TestActor } from '@headgate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi, type TestRequest } from './harness.ts';
import { auditOf, expectRefusal, rows } from './support.ts';
import { keyOf, silentServer } from './upstream-support.ts';

const PASSWORD = uniqueName('pa$$word');

let api: TestApi;
let people: Record<'owner' | 'admin' | 'member', TestActor>;
let projectId: string;
let ca: string;
beforeAll(async () => {
  api = await startTestApi();
  people = await api.createOrganization();
  ({ id: projectId } = await api.createProject(people.owner));
  const path = `/v1/projects/${projectId}/certificates`;
  const body = await certificateInput();
  ({ id: ca } = (await api.send<Certificate>('POST', path, { as: people.owner, body })).body);
});
afterAll(async () => await api.close());

const newDatabase = async (over: object = {}) =>
  await api.createDatabase(people.owner, projectId, { ssl_mode: 'require', password: PASSWORD, ...over });
const pathOf = ({ id }: Database) => `/v1/projects/${projectId}/databases/${id}`;
const patch = async (database: Database, body: object, by: TestRequest = { as: people.member }) =>
  await api.send<Database>('PATCH', pathOf(database), { ...by, body });
const testIt = async (database: Database, body: object, by: TestRequest = { as: people.member }) =>
  await api.send('POST', `${pathOf(database)}/test-connection`, { ...by, body });
const read = async (database: Database) => await api.send('GET', pathOf(database), { as: people.owner });

/** What leads elsewhere, each with the field that the refusal names. */
const ELSEWHERE: [string, () => object][] = [
  ['host', () => ({ host: 'evil.example.com' })],
  ['port', () => ({ port: 5433 })],
  ['ssl_mode', () => ({ ssl_mode: 'prefer' })],
  ['ssl_mode', () => ({ ssl_mode: 'disable' })],
  ['ca_certificate_id', () => ({ ca_certificate_id: ca })],
  ['host', () => ({ host: 'evil.example.com', name: 'other', username: 'other' })],
];

describe('a change that leads a stored password elsewhere', () => {
  test.each(ELSEWHERE)('needs it again, and nothing is changed without: %s', async (field, change) => {
    const database = await newDatabase();
    const before = await read(database);
    const refusal = expectRefusal(await patch(database, change()), {
      code: 'INVALID_INPUT',
      field: 'password',
    });
    expect(refusal.message).toContain(field);
    expect(refusal.message).toContain('secrets:read');
    expect((await read(database)).text).toBe(before.text);
    expect(await auditOf(api, database.id)).toHaveLength(1);
  });

  test.each(ELSEWHERE)('is made with it: %s', async (_field, change) => {
    const database = await newDatabase();
    const { status, body } = await patch(database, { ...change(), password: 'of that server' });
    expect(status).toBe(200);
    expect(body).toMatchObject(change());
  });

  test('is made without it by an owner and an admin, who may read it', async () => {
    for (const as of [people.owner, people.admin]) {
      const database = await newDatabase();
      expect((await patch(database, { host: 'new.example.com' }, { as })).status).toBe(200);
    }
  });

  test('is made without it by a key that holds secrets:read, and not by one that does not', async () => {
    const scopes = ['databases:read', 'databases:write'];
    const without = await keyOf(api, people.owner, scopes);
    const holding = await keyOf(api, people.owner, [...scopes, 'secrets:read']);
    const database = await newDatabase();
    const change = { port: 6000 };
    expectRefusal(await patch(database, change, { token: without }), {
      code: 'INVALID_INPUT',
      field: 'password',
    });
    expect((await patch(database, change, { token: holding })).status).toBe(200);
  });

  test('takes a removed or another CA certificate for one as well', async () => {
    const database = await newDatabase({ ca_certificate_id: ca });
    expectRefusal(await patch(database, { ca_certificate_id: '' }), {
      code: 'INVALID_INPUT',
      field: 'password',
    });
  });

  test('forgets credentials that wait to be used, or to be used again', async () => {
    const database = await newDatabase();
    await rows(
      api,
      `update databases set previous_username = 'u', previous_sealed_password = 's', previous_sealing_key_id = 'k',
         previous_password_id = 'p', previous_until = now(), staged_username = 'u', staged_sealed_password = 's', staged_sealing_key_id = 'k',
         staged_password_id = 's', staged_at = now()
       where id = $1`,
      [database.id],
    );
    const kept = async () =>
      await rows(api, 'select previous_username, staged_username from databases where id = $1', [
        database.id,
      ]);
    await patch(database, { name: 'other' });
    expect(await kept()).toEqual([{ previous_username: 'u', staged_username: 'u' }]);
    await patch(database, { host: 'evil.example.com', password: 'mine' });
    expect(await kept()).toEqual([{ previous_username: null, staged_username: null }]);
  });
});

describe('a change that leads it nowhere else needs no password', () => {
  test.each([
    ['another database or user of the same server', { name: 'other', username: 'other' }],
    ['the same host in other letters, with the dot of the root', { host: 'DB.example.COM.' }],
    ['the same values again', { host: 'db.example.com', port: 5432, ssl_mode: 'require' }],
    ['stronger TLS', { ssl_mode: 'verify-full' }],
    ['the pool', { pool_config: { pool_size: 20 } }],
  ])('%s', async (_what, change) => {
    expect((await patch(await newDatabase(), change)).status).toBe(200);
  });
});

describe('a test of a change', () => {
  test('is held to the same, and dials nobody before the password is there', async () => {
    const server = await silentServer();
    const database = await newDatabase();
    for (const change of [
      { host: server.host, port: server.port },
      { ssl_mode: 'allow' },
      { ca_certificate_id: ca },
    ]) {
      expectRefusal(await testIt(database, change), { code: 'INVALID_INPUT', field: 'password' });
    }
    expect(server.accepted()).toBe(0);
  });

  test('sends the password that is given, and not the stored one', async () => {
    const database = await newDatabase({ host: '127.0.0.1', port: 1, ssl_mode: 'disable' });
    const answer = await testIt(database, { port: 2, password: 'mine' });
    expect(answer.status).toBe(200);
  });
});

describe('a replica', () => {
  const at = (over: object = {}) => ({ host: 'evil.example.com', port: 5432, ssl_mode: 'require', ...over });
  const pathTo = ({ id }: Database) => `/v1/databases/${id}/replicas`;
  const send = async (method: string, path: string, body: object, by: TestRequest = { as: people.member }) =>
    await api.send<Replica>(method, path, { ...by, body });

  test('elsewhere than its database needs the password of the database, which a wrong one is not', async () => {
    const path = pathTo(await newDatabase());
    const missing = await send('POST', path, at());
    const wrong = await send('POST', path, at({ password: 'wrong' }));
    for (const answer of [missing, wrong])
      expectRefusal(answer, { code: 'INVALID_INPUT', field: 'password' });
    const told = ({ text }: typeof missing) => text.replace(/"request_id":"[^"]+"/, '');
    expect(told(wrong)).toBe(told(missing));
    expect((await send('POST', path, at({ password: PASSWORD }))).status).toBe(201);
  });

  test('is registered without it by who may read it; but a wrong one is refused to them too', async () => {
    const path = pathTo(await newDatabase());
    const by = { as: people.admin };
    expect((await send('POST', path, at(), by)).status).toBe(201);
    expectRefusal(await send('POST', path, at({ password: 'wrong' }), by), {
      code: 'INVALID_INPUT',
      field: 'password',
    });
  });

  test('where its database is needs none', async () => {
    const path = pathTo(await newDatabase());
    expect((await send('POST', path, at({ host: 'DB.example.com' }))).status).toBe(201);
  });

  test('that is changed to elsewhere needs it, and is not changed without', async () => {
    const database = await newDatabase();
    const { body } = await send('POST', pathTo(database), at(), { as: people.owner });
    const path = `${pathTo(database)}/${body.id}`;
    for (const change of [
      { host: 'other.example.com' },
      { port: 1 },
      { ssl_mode: 'disable' },
      { ca_certificate_id: ca },
    ]) {
      expectRefusal(await send('PATCH', path, change), { code: 'INVALID_INPUT', field: 'password' });
      expectRefusal(await send('PATCH', path, { ...change, password: 'wrong' }), {
        ...{ code: 'INVALID_INPUT', field: 'password' },
      });
    }
    expect((await api.send('GET', path, { as: people.owner })).body).toEqual(body);
    expect((await send('PATCH', path, { ssl_mode: 'verify-full' })).status).toBe(200);
    expect((await send('PATCH', path, { port: 5433, password: PASSWORD })).status).toBe(200);
  });

  test('is tested only where the password may go, and nobody is dialled before', async () => {
    const server = await silentServer();
    const database = await newDatabase();
    const { body } = await send('POST', pathTo(database), at(), { as: people.owner });
    const there = { host: server.host, port: server.port };
    for (const [path, change] of [
      [`${pathTo(database)}/test-connection`, there],
      [`${pathTo(database)}/${body.id}/test-connection`, there],
      [`${pathTo(database)}?verify=true`, there],
    ] as const) {
      expectRefusal(await send('POST', path, change), { code: 'INVALID_INPUT', field: 'password' });
    }
    expect(server.accepted()).toBe(0);
  });

  test('tells nobody the password that came with it', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const path = pathTo(await newDatabase());
    const answer = await api.send<Replica>('POST', path, {
      ...{ as: people.member, headers, body: at({ password: PASSWORD }) },
    });
    const kept = await rows(
      api,
      `select row_to_json(a)::text as text from audit_entries a where resource_id = $1
       union all select row_to_json(i)::text from idempotency_records i`,
      [answer.body.id],
    );
    expect(JSON.stringify([kept, answer.text, api.logs()])).not.toContain(PASSWORD);
  });
});
