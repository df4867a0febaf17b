import type { ConnectionCheck, Database, Replica } from '@headgate/schema';
import { databaseInput, uniqueName } from '@headgate/testing';
import { startStandby, type TestUpstream } from '@headgate/testing/upstreams';
import { describe, expect, test } from 'vitest';
import { found } from '@headgate/testing/secret-forms';
import { auditOf, expectRefusal, rows, useProject } from './support.ts';
import { failures, inputOf, silentServer, useServer } from './upstream-support.ts';

const { api, owner, projectId } = await useProject();
const upstream = await useServer();
const DATABASES = `/v1/projects/${projectId}/databases`;
const SERVER = inputOf(upstream);

const post = async (path: string, body?: object, headers = {}) =>
  await api.send<ConnectionCheck>('POST', path, { as: owner, body, headers });
const register = async (over: object = {}, project = projectId) =>
  await api.createDatabase(owner, project, { ...SERVER, ...over });
const testPath = ({ id }: { id: string }) => `${DATABASES}/${id}/test-connection`;

describe('a test of a database', () => {
  test('without body and Content-Type says that it works, step by step, and what the server is', async () => {
    const database = await register();
    const response = await fetch(`${api.url}${testPath(database)}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${owner.token}` },
    });
    const body = (await response.json()) as ConnectionCheck;
    expect(response.status).toBe(200);
    expect(body).toMatchObject({ ok: true, server_version: expect.stringMatching(/^18/) as string });
    expect(body).not.toHaveProperty('error');
    expect(Number.isInteger(body.latency_ms)).toBe(true);
    expect(body.checks.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      ...['name passed', 'address passed', 'reach passed', 'tls skipped', 'login passed', 'server passed'],
    ]);
    expect(body.server).toMatchObject({ in_recovery: false, wal_level: 'logical' });
    expect(body.warnings.map(({ code }) => code)).toContain('plain_connection');
  });

  test('answers 200 also when it does not work, with the step, a stable code, and what to do', async () => {
    const { body, status } = await post(testPath(await register({ password: 'wrong' })));
    expect(status).toBe(200);
    expect(body).toMatchObject({ ok: false, error: expect.any(String) as string });
    const failed = body.checks.find(({ outcome }) => outcome === 'failed');
    expect(failed).toMatchObject({ name: 'login', code: 'wrong_password', message: body.error });
    expect(failed?.hint).toMatch(/\w/);
    expect(body.checks.at(-1)).toMatchObject({ name: 'server', outcome: 'skipped' });
  });

  test('that fails is told to the log by its step and code, and so is a registration that is refused', async () => {
    const headers = { 'X-Request-Id': uniqueName('request') };
    await post(testPath(await register({ password: 'wrong' })), undefined, headers);
    const refused = { 'X-Request-Id': uniqueName('request') };
    await post(`${DATABASES}?verify=true`, { ...SERVER, port: 1 }, refused);
    const lineOf = (id: string) => {
      const line = api
        .logs()
        .split('\n')
        .find((each) => each.includes(id));
      return JSON.parse(line ?? '{}') as object;
    };
    expect(lineOf(headers['X-Request-Id'])).toMatchObject({
      ...{ status: 200, upstream_step: 'login', upstream_code: 'wrong_password' },
    });
    expect(lineOf(refused['X-Request-Id'])).toMatchObject({
      ...{ status: 422, error_code: 'UPSTREAM_CHECK_FAILED' },
      ...{ upstream_step: 'reach', upstream_code: 'refused' },
    });
  });

  test('of a name that there is not fails at the name, and of a closed port at reach', async () => {
    const { id } = await register({ host: 'nowhere.example.com' });
    expect(failures(await post(testPath({ id })))).toEqual(['name_not_found']);
    const closed = await register({ port: 1 });
    expect(failures(await post(testPath(closed)))).toEqual(['refused']);
  });

  test('refuses an address that may not be dialled, before it is', async () => {
    const { id } = await register({ host: '169.254.169.254' });
    expect(failures(await post(testPath({ id })))).toEqual(['address_refused']);
  });

  test('of a primary that is not configured yet is a 409, unless it brings the whole connection', async () => {
    const blank = { host: '', port: 0, name: '', username: '' };
    const project = await api.send<{ project: { id: string }; database: Database }>('POST', '/v1/projects', {
      as: owner,
      body: { name: uniqueName('project'), org_id: owner.orgId, database: blank },
    });
    const path = `/v1/projects/${project.body.project.id}/databases/${project.body.database.id}/test-connection`;
    expectRefusal(await post(path), { code: 'CONFLICT' });
    expectRefusal(await post(path, { host: SERVER.host }), { code: 'INVALID_INPUT', field: 'port' });
    expect((await post(path, SERVER)).body.ok).toBe(true);
  });

  test('leaves an audit entry of what was dialled and what came of it, and nothing else', async () => {
    const database = await register();
    const before = (await api.send('GET', `${DATABASES}/${database.id}`, { as: owner })).text;
    await post(testPath(database), { username: 'nobody' });
    const [, entry, ...others] = await auditOf(api, database.id);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ action: 'databaseConnection.test', actor_id: owner.userId, before: null });
    expect(entry?.after).toEqual({
      ...{ host: SERVER.host, port: SERVER.port, name: SERVER.name, username: 'nobody', ssl_mode: 'disable' },
      ...{ ok: false, code: 'wrong_password' },
    });
    expect((await api.send('GET', `${DATABASES}/${database.id}`, { as: owner })).text).toBe(before);
  });

  test('answers the same again to the same idempotency key, and leaves one entry', async () => {
    const database = await register();
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await post(testPath(database), undefined, headers);
    const again = await post(testPath(database), undefined, headers);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    expect(await auditOf(api, database.id)).toHaveLength(2);
  });

  test('shows the password nowhere, also when the server does not take it', async () => {
    const password = uniqueName('pa$$word');
    const database = await register({ password });
    const answer = await post(testPath(database), undefined, { 'Idempotency-Key': crypto.randomUUID() });
    const kept = await rows(
      api,
      `select row_to_json(a)::text as text from audit_entries a where resource_id = $1
       union all select row_to_json(i)::text from idempotency_records i`,
      [database.id],
    );
    expect(found(JSON.stringify([answer.text, kept, api.logs()]), password)).toEqual([]);
  });
});

describe('a test of a change', () => {
  test('takes what is left out from what is stored, and stores nothing', async () => {
    const database = await register({ name: 'missing' });
    expect(failures(await post(testPath(database)))).toEqual(['no_such_database']);
    expect((await post(testPath(database), { name: SERVER.name })).body.ok).toBe(true);
    expect(failures(await post(testPath(database)))).toEqual(['no_such_database']);
  });

  test('takes a URI, and tells what is ignored of it', async () => {
    const database = await register({ password: 'wrong' });
    const { body } = await post(testPath(database), { url: `${upstream.url()}?sslmode=disable&options=x` });
    expect(body.ok).toBe(true);
    expect(body.warnings.map(({ code }) => code)).toContain('ignored_parameter');
  });

  test('refuses what the change itself would refuse', async () => {
    const database = await register();
    for (const [field, change] of [
      ['port', { port: 0 }],
      ['host', { url: upstream.url(), host: 'x' }],
      ['role', { role: 'primary' }],
      ['pool_config.min_pool_size', { pool_config: { min_pool_size: 11 } }],
      ['ca_certificate_id', { ca_certificate_id: 'cert_x', password: 'p' }],
    ] as const) {
      expectRefusal(await post(testPath(database), change), { code: 'INVALID_INPUT', field });
    }
  });
});

describe('a test of a registration', () => {
  test('takes what createDatabase takes, and makes nothing but an entry of the project', async () => {
    const { id } = await api.createProject(owner);
    const path = `/v1/projects/${id}/databases`;
    expect((await post(`${path}/test-connection`, SERVER)).body.ok).toBe(true);
    const listed = await api.send('GET', path, { as: owner });
    expect(listed.body).toEqual({ databases: [] });
    const [, entry] = await auditOf(api, id);
    expect(entry).toMatchObject({
      action: 'databaseRegistration.test',
      after: { ok: true, host: SERVER.host },
    });
  });

  test('needs a whole connection', async () => {
    expectRefusal(await post(`${DATABASES}/test-connection`, { host: 'x' }), {
      ...{ code: 'INVALID_INPUT', field: 'port' },
    });
  });
});

test('the budget counts the pools of all databases and replicas of the project at that server, as they would be', async () => {
  const { id } = await api.createProject(owner);
  const one = await register({ pool_config: { pool_size: 30 } }, id);
  await register({ pool_config: { pool_size: 7 } }, id);
  await register({ port: 1, pool_config: { pool_size: 1000, max_active: 1000 } }, id);
  await register({ pool_config: { pool_size: 500, max_active: 500 } });
  const path = `/v1/projects/${id}/databases/${one.id}/test-connection`;
  const budget = async (body?: object) => (await post(path, body)).body;
  expect((await budget()).connection_budget).toMatchObject({ wanted: 37, state: 'fits' });
  const full = await budget({ pool_config: { pool_size: 1000, max_active: 1000 } });
  expect(full.connection_budget).toMatchObject({ wanted: 1007, state: 'exceeds' });
  expect(full.warnings.map(({ code }) => code)).toContain('pools_exceed_server');
  const replica = { host: 'LOCALHOST', port: SERVER.port, ssl_mode: 'disable' };
  await api.send('POST', `/v1/databases/${one.id}/replicas`, {
    as: owner,
    body: { ...replica, host: SERVER.host },
  });
  expect((await budget()).connection_budget?.wanted).toBe(67);
});

describe('a test of a replica', () => {
  const replicasOf = async (over: object = {}) => `/v1/databases/${(await register(over)).id}/replicas`;
  const at = ({ host, port }: Pick<TestUpstream, 'host' | 'port'>) => ({ host, port, ssl_mode: 'disable' });

  test('of a real standby says that it follows the primary, and its lag', { timeout: 60_000 }, async () => {
    const standby = await startStandby(upstream);
    try {
      const path = await replicasOf();
      const registration = await post(`${path}/test-connection`, at(standby));
      expect(registration.body.error).toBeUndefined();
      expect(registration.body).toMatchObject({ ok: true, server: { in_recovery: true } });
      expect(registration.body.checks.at(-1)).toMatchObject({ name: 'replica', outcome: 'passed' });
      expect(registration.body.server?.replication_lag_bytes).toBeGreaterThanOrEqual(0);
      const made = await api.send<Replica>('POST', `${path}?verify=true`, { as: owner, body: at(standby) });
      expect(made.status).toBe(201);
      const tested = await post(`${path}/${made.body.id}/test-connection`);
      expect(tested.body.ok).toBe(true);
      const [, entry] = await auditOf(api, made.body.id);
      expect(entry).toMatchObject({
        action: 'replicaConnection.test',
        after: { ok: true, port: standby.port },
      });
    } finally {
      await standby.stop();
    }
  });

  test('of a server that is a primary itself fails at that', async () => {
    expect(failures(await post(`${await replicasOf()}/test-connection`, at(upstream)))).toEqual([
      'not_a_replica',
    ]);
  });

  test('whose primary cannot be asked fails or warns of it, and does not wait for ever', async () => {
    const silent = await silentServer();
    const path = await replicasOf(at(silent));
    const { body } = await post(`${path}/test-connection`, at(upstream));
    expect(body.checks.find(({ name }) => name === 'server')?.outcome).toBe('passed');
  });

  test('of a database that is not configured yet is a 409', async () => {
    const blank = { host: '', port: 0, name: '', username: '' };
    const project = await api.send<{ database: Database }>('POST', '/v1/projects', {
      as: owner,
      body: { name: uniqueName('project'), org_id: owner.orgId, database: blank },
    });
    const path = `/v1/databases/${project.body.database.id}/replicas/test-connection`;
    expectRefusal(await post(path, at(upstream)), { code: 'CONFLICT' });
  });
});

describe('whoever may not test has nobody dialled', () => {
  test('a viewer, a stranger, whoever guesses an id, and a key without the scope', async () => {
    const server = await silentServer();
    const there = { ...databaseInput(), host: server.host, port: server.port, ssl_mode: 'disable' as const };
    const { owner: mine, viewer } = await api.createOrganization();
    const { id } = await api.createProject(mine);
    const database = await api.createDatabase(mine, id, there);
    const replicas = `/v1/databases/${database.id}/replicas`;
    const body = { host: server.host, port: server.port, ssl_mode: 'disable' };
    const replica = (await api.send<Replica>('POST', replicas, { as: mine, body })).body;
    const requests: [method: string, path: string, body?: object][] = [
      ['POST', `/v1/projects/${id}/databases/${database.id}/test-connection`],
      ['POST', `/v1/projects/${id}/databases/test-connection`, there],
      ['POST', `${replicas}/${replica.id}/test-connection`],
      ['POST', `${replicas}/test-connection`, body],
      ['POST', `/v1/projects/${id}/databases?verify=true`, there],
      ['PATCH', `/v1/projects/${id}/databases/${database.id}?verify=true`, { port: server.port }],
      ['POST', `${replicas}?verify=true`, body],
      ['PATCH', `${replicas}/${replica.id}?verify=true`, { port: server.port }],
    ];
    for (const [method, path, sent] of requests) {
      expectRefusal(await api.send(method, path, { as: viewer, body: sent }), { code: 'FORBIDDEN' });
      expectRefusal(await api.send(method, path, { as: owner, body: sent }), { code: 'NOT_FOUND' });
    }
    expect(server.accepted()).toBe(0);
  });
});
