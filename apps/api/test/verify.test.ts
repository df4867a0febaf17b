import { connect } from 'node:net';
import type { Database, ErrorEnvelope, Replica } from '@headgate/schema';
import { startFakeServer } from '@headgate/testing/upstreams';
import { describe, expect, onTestFinished, test } from 'vitest';
import { auditOf, expectRefusal, rows, useProject } from './support.ts';
import { failures, inputOf, silentServer, useServer } from './upstream-support.ts';

const { api, owner, projectId } = await useProject();
const upstream = await useServer();
const DATABASES = `/v1/projects/${projectId}/databases`;
const SERVER = inputOf(upstream);

const send = async <B = Database | ErrorEnvelope>(method: string, path: string, body: object, headers = {}) =>
  await api.send<B>(method, path, { as: owner, body, headers });
const create = async (body: object, headers = {}) =>
  await send('POST', `${DATABASES}?verify=true`, body, headers);
const register = async (over: object = {}) =>
  await api.createDatabase(owner, projectId, { ...SERVER, ...over });
const pathOf = ({ id }: { id: string }) => `${DATABASES}/${id}`;
const read = async (database: Database) => await api.send<Database>('GET', pathOf(database), { as: owner });
const countOf = async (project: string) =>
  await rows(api, 'select count(*)::integer as count from databases where project_id = $1', [project]);

/** The server behind a gate: what comes in waits until it is opened. */
async function gatedServer() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const server = await startFakeServer(async (near) => {
    await opened;
    const far = connect(upstream.port, upstream.host);
    far.on('error', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  onTestFinished(async () => await server.stop());
  return { ...server, let: open };
}

describe('a registration that is to be verified', () => {
  test('is made when it connects, and tells what the check has found besides', async () => {
    const { status, body } = await create(SERVER);
    expect(status).toBe(201);
    expect((body as Database).warnings?.map(({ code }) => code)).toContain('plain_connection');
  });

  test('is refused when it does not, with the steps of the check, and nothing is made', async () => {
    const before = await countOf(projectId);
    const answer = await create({ ...SERVER, password: 'wrong' });
    expect(answer.status).toBe(422);
    const error = expectRefusal(answer, { code: 'UPSTREAM_CHECK_FAILED' });
    expect(failures(answer)).toEqual(['wrong_password']);
    const failed = error.checks?.find(({ outcome }) => outcome === 'failed');
    expect(failed).toMatchObject({ name: 'login', message: error.message });
    expect(answer.text).not.toContain('"wrong"');
    expect(await countOf(projectId)).toEqual(before);
  });

  test('that was refused may be repeated with its idempotency key once the server is well', async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const body = { ...SERVER, name: 'later' };
    expect((await create(body, headers)).status).toBe(422);
    await upstream.sql()`create database later`;
    expect((await create(body, headers)).status).toBe(201);
    await upstream.sql()`drop database later`;
    const again = await create(body, headers);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
  });

  test('is refused for a limit, a wrong field or a region that there is not before anybody is dialled', async () => {
    const server = await silentServer();
    const there = { ...SERVER, host: server.host, port: server.port };
    const { id } = await api.createProject(owner);
    const path = `/v1/projects/${id}/databases`;
    expectRefusal(await send('POST', `${path}?verify=true`, { ...there, pool_region: 'mars-1' }), {
      ...{ code: 'INVALID_INPUT', field: 'pool_region' },
    });
    expectRefusal(await send('POST', `${path}?verify=yes`, there), {
      code: 'INVALID_INPUT',
      field: 'verify',
    });
    const limits = { ...api.settings.limits, databases_per_project: 0 };
    const strict = await api.startAnother({ settings: { ...api.settings, limits } });
    const limited = await strict.send('POST', `${path}?verify=true`, { as: owner, body: there });
    await strict.close();
    expectRefusal(limited, { code: 'LIMIT_EXCEEDED' });
    expect(server.accepted()).toBe(0);
  });

  test('is not verified unless that is asked for', async () => {
    const server = await silentServer();
    const there = { ...SERVER, host: server.host, port: server.port };
    for (const query of ['', '?verify=false']) {
      expect((await send('POST', `${DATABASES}${query}`, there)).status).toBe(201);
    }
    expect(server.accepted()).toBe(0);
  });
});

describe('a change that is to be verified', () => {
  test('is made when the result connects', async () => {
    const database = await register({ password: 'wrong' });
    const change = { password: SERVER.password };
    expect((await send('PATCH', `${pathOf(database)}?verify=true`, change)).status).toBe(200);
  });

  test('is refused when it does not, and everything stays as it was', async () => {
    const database = await register();
    const before = await read(database);
    const answer = await send('PATCH', `${pathOf(database)}?verify=true`, {
      name: 'missing',
      port: SERVER.port,
    });
    expect(answer.status).toBe(422);
    expect(failures(answer)).toEqual(['no_such_database']);
    expect((await read(database)).text).toBe(before.text);
    const [, entry, ...others] = await auditOf(api, database.id);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      ...{ action: 'databaseConnection.test', before: null },
      after: { host: SERVER.host, name: 'missing', ok: false, code: 'no_such_database' },
    });
  });

  test('is verified also when nothing of the connection changes', async () => {
    const database = await register({ password: 'wrong' });
    const answer = await send('PATCH', `${pathOf(database)}?verify=true`, { pool_config: { pool_size: 11 } });
    expect(failures(answer)).toEqual(['wrong_password']);
  });

  test('is refused for a version that is gone before anybody is dialled', async () => {
    const server = await silentServer();
    const database = await register({ host: server.host, port: server.port });
    const answer = await send(
      'PATCH',
      `${pathOf(database)}?verify=true`,
      { name: 'x' },
      { 'If-Match': '"7"' },
    );
    expectRefusal(answer, { code: 'PRECONDITION_FAILED' });
    expect(server.accepted()).toBe(0);
  });

  test('is not made on what was changed while it was tested: that was never seen to work', async () => {
    const gate = await gatedServer();
    const database = await register({ host: gate.host, port: gate.port });
    const verified = send('PATCH', `${pathOf(database)}?verify=true`, { pool_config: { pool_size: 12 } });
    await expect.poll(gate.accepted).toBe(1);
    const other = await send('PATCH', pathOf(database), { name: 'missing' });
    expect(other.status).toBe(200);
    gate.let();
    expectRefusal(await verified, { code: 'CONFLICT' });
    const { body } = await read(database);
    expect([body.name, body.pool_config.pool_size]).toEqual(['missing', 10]);
  });
});

describe('a replica that is to be verified', () => {
  const AT = { host: SERVER.host, port: SERVER.port, ssl_mode: SERVER.ssl_mode };

  test('is not registered when it follows nobody', async () => {
    const path = `/v1/databases/${(await register()).id}/replicas`;
    const answer = await send('POST', `${path}?verify=true`, AT);
    expect(answer.status).toBe(422);
    expect(failures(answer)).toEqual(['not_a_replica']);
    expect((await api.send('GET', path, { as: owner })).body).toEqual({ replicas: [] });
  });

  test('is not changed to what does not connect', async () => {
    const path = `/v1/databases/${(await register()).id}/replicas`;
    const { body } = await send<Replica>('POST', path, AT);
    const answer = await send('PATCH', `${path}/${body.id}?verify=true`, { port: 1 });
    expect(failures(answer)).toEqual(['refused']);
    expect((await api.send('GET', `${path}/${body.id}`, { as: owner })).body).toEqual(body);
  });
});
