/** The real program, driven by the client of packages/sdk as a customer drives it, through every operation there is. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConnectionError, HeadgateError, type HeadgateClient } from '@headgate/sdk';
import { certificateInput, serverConnection, slotInput, uniqueName } from '@headgate/testing';
import { useUpstreamOnDemand } from '@headgate/testing/upstreams';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createRecorder, OPERATION_IDS, registration, startCuttingProxy } from './end-to-end-client.ts';
import { createWorld, type Program, type World } from './program.ts';
import { layWire } from '@headgate/testing/wire';

const PROJECTS = '/v1/projects';
const PROJECT = '/v1/projects/{project_id}';
const DATABASES = '/v1/projects/{project_id}/databases';
const DATABASE = '/v1/projects/{project_id}/databases/{database_id}';

const recorder = createRecorder();
let world: World;
let program: Program;
let url: string;
let orgId: string;
let headgate: HeadgateClient;
beforeAll(async () => {
  world = await createWorld();
  // Nobody answers there: a domain cannot be verified, and that is soon known. Servers of the tests run here.
  program = world.run({ env: { DNS_SERVERS: '127.0.0.1:1', UPSTREAM_ALLOWED_CIDRS: '127.0.0.0/8' } });
  url = await program.url();
  ({ orgId } = world.organization);
  headgate = recorder.client(url, world.organization.owner.token);
});
afterEach(() => expect(recorder.breaches.splice(0)).toEqual([]));
afterAll(async () => await world.close());

/** A project of the test's own. */
async function newProject(): Promise<string> {
  const { data } = await headgate.POST(PROJECTS, { body: { name: uniqueName('project'), org_id: orgId } });
  return data.project.id;
}

/** A database in a project of the test's own, as the path parameters that name it. */
async function newDatabase() {
  const project_id = await newProject();
  const { data } = await headgate.POST(DATABASES, {
    params: { path: { project_id } },
    body: registration(),
  });
  return { project_id, database_id: data.id };
}

async function refusalOf(call: Promise<unknown>): Promise<HeadgateError> {
  const error = await call.then(
    () => expect.fail('it was accepted'),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(HeadgateError);
  return error as HeadgateError;
}

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items = [];
  for await (const item of list) items.push(item);
  return items;
}

describe('projects', () => {
  test('are made with their primary in one step, and both are echoed as they were given', async () => {
    const database = registration({ host: 'Primary.Example.COM', ssl_mode: 'require' });
    const { password: _password, ...shown } = database;
    const given = { name: uniqueName('shop'), tags: ['b', 'a', 'C'], cloud: 'aws' as const };
    const { data } = await headgate.POST(PROJECTS, { body: { ...given, org_id: orgId, database } });
    expect(data.project).toMatchObject({ ...given, org_id: orgId });
    expect(data.project).not.toHaveProperty('description');
    expect(data.database).toMatchObject({ ...shown, project_id: data.project.id });
    expect(data.database).not.toHaveProperty('password');
    expect(data.database?.cache_config).toEqual({
      ...{ enabled: false, ttl_seconds: 60, max_entries: 10_000, swr_seconds: 30 },
    });
    expect(data.database?.pool_config).toEqual({
      ...{ pool_size: 10, min_pool_size: 1, pool_mode: 'session', max_active: 200 },
    });
    for (const unset of ['role', 'pool_region', 'query_timeout_ms', 'auto_read_routing'])
      expect(data.database).not.toHaveProperty(unset);

    const path = { project_id: data.project.id };
    expect((await headgate.GET(PROJECT, { params: { path } })).data).toEqual(data.project);
    const databases = await all(headgate.list(DATABASES, { params: { path } }));
    expect(databases.map(({ id }) => id)).toEqual([data.database?.id]);
  });

  test('are changed by what is given: null clears, "" changes nothing or unsets, what is read-only is ignored', async () => {
    const body = { name: uniqueName('p'), org_id: orgId, description: 'first', tags: ['a'] };
    const { data } = await headgate.POST(PROJECTS, { body });
    const params = { path: { project_id: data.project.id } };
    const allowed_cidrs = ['10.0.0.5', { cidr: '2001:DB8::/32', label: 'Office' }];
    await headgate.PATCH(PROJECT, { params, body: { allowed_cidrs, status: '' } });
    expect((await headgate.GET(PROJECT, { params })).data).toMatchObject({
      ...{ status: 'active', description: 'first', tags: ['a'] },
      allowed_cidrs: [{ cidr: '10.0.0.5' }, { cidr: '2001:DB8::/32', label: 'Office' }],
    });

    const readOnly = { id: 'prj_other', org_id: 'org_other', created_at: '2001-01-01T00:00:00Z' };
    const cleared = { tags: null, allowed_cidrs: null, description: '' };
    const { data: changed } = await headgate.PATCH(PROJECT, {
      params,
      body: { ...readOnly, ...cleared },
    });
    expect(changed).toMatchObject({
      id: data.project.id,
      org_id: orgId,
      created_at: data.project.created_at,
    });
    expect(changed).not.toHaveProperty('description');
    expect([changed.tags ?? [], changed.allowed_cidrs ?? []]).toEqual([[], []]);
  });

  test('are listed with their total, newest first', async () => {
    const ids = [await newProject(), await newProject()];
    const query = { org_id: orgId, page_size: 1 };
    const { data } = await headgate.GET(PROJECTS, { params: { query } });
    const listed = await all(headgate.list(PROJECTS, { params: { query } }));
    expect(data.total).toBe(listed.length);
    expect(listed.slice(0, 2).map(({ id }) => id)).toEqual(ids.toReversed());
  });

  test('are deleted with their databases, and come back with them', async () => {
    const { project_id, database_id } = await newDatabase();
    const params = { path: { project_id } };
    await headgate.DELETE(PROJECT, { params });
    expect(await refusalOf(headgate.GET(PROJECT, { params }))).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
    });
    await headgate.POST('/v1/projects/{project_id}/restore', { params });
    const { data } = await headgate.GET(DATABASE, { params: { path: { project_id, database_id } } });
    expect(data.id).toBe(database_id);
  });
});

describe('Terraform’s blank primary', () => {
  test('is accepted in exactly that form, and completed by PATCH', async () => {
    const blank = { host: '', name: '', port: 0, username: '' } as const;
    const body = { name: uniqueName('tf'), org_id: orgId, database: blank };
    const { data } = await headgate.POST(PROJECTS, { body });
    expect(data.database).toMatchObject(blank);
    expect(data.database).not.toHaveProperty('connection_string');
    const path = { project_id: data.project.id, database_id: data.database?.id ?? '' };

    const half = await refusalOf(
      headgate.PATCH(DATABASE, { params: { path }, body: { host: 'db.example.com' } }),
    );
    expect(half).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    expect(half.details.length).toBeGreaterThan(0);

    const { password, ...shown } = registration();
    const completed = await headgate.PATCH(DATABASE, { params: { path }, body: { ...shown, password } });
    expect(completed.data).toMatchObject({ ...shown, id: path.database_id });
    expect(completed.data.connection_string).toContain('YOUR_PASSWORD');
  });

  test('is refused in any other form', async () => {
    const database = { host: 'db.example.com', name: '', port: 0, username: '' } as never;
    const body = { name: uniqueName('tf'), org_id: orgId, database };
    expect(await refusalOf(headgate.POST(PROJECTS, { body }))).toMatchObject({
      status: 400,
      code: 'INVALID_INPUT',
    });
  });
});

describe('databases', () => {
  test('of a project, 45 of them, are paged through once each and newest first, and no further than is read', async () => {
    const project_id = await newProject();
    const params = { path: { project_id } };
    const made: string[] = [];
    for (let index = 0; index < 45; index += 1)
      made.push(
        (await headgate.POST(DATABASES, { params, body: registration({ name: `d${index}` }) })).data.id,
      );
    expect((await all(headgate.list(DATABASES, { params }))).map(({ id }) => id)).toEqual(made.toReversed());
    const paged = { params: { ...params, query: { page_size: 7 } } };
    expect((await all(headgate.list(DATABASES, paged))).map(({ id }) => id)).toEqual(made.toReversed());

    let requests = 0;
    const counting = recorder.client(url, world.organization.owner.token, {
      fetch: async (request) => {
        requests += 1;
        return await fetch(request);
      },
    });
    for await (const { id } of counting.list(DATABASES, paged)) if (id === made.at(-8)) break;
    expect(requests).toBe(2);
  });

  test('are changed under the version that was read, and a change that comes late is a PRECONDITION_FAILED', async () => {
    const path = await newDatabase();
    const { response } = await headgate.GET(DATABASE, { params: { path } });
    const etag = response.headers.get('ETag') ?? '';
    const params = { path, header: { 'If-Match': etag } };
    const first = await headgate.PATCH(DATABASE, { params, body: { pool_config: { pool_size: 20 } } });
    expect(first.data.pool_config).toMatchObject({ pool_size: 20, min_pool_size: 1, max_active: 200 });
    const late = await refusalOf(
      headgate.PATCH(DATABASE, { params, body: { pool_config: { pool_size: 30 } } }),
    );
    expect(late).toMatchObject({ status: 412, code: 'PRECONDITION_FAILED' });
    expect(late.requestId).toBeTruthy();

    const held = { 'If-None-Match': first.response.headers.get('ETag') ?? '' };
    const again = await headgate.GET(DATABASE, { params: { path, header: held } });
    expect([again.data, again.response.status]).toEqual([undefined, 304]);
  });

  test('take "" for no change and for unset, and max_active 0 for the default', async () => {
    const project_id = await newProject();
    const body = registration({
      ssl_mode: 'require',
      pool_region: 'local',
      pool_config: { max_active: 50 },
    });
    const { data } = await headgate.POST(DATABASES, { params: { path: { project_id } }, body });
    const params = { path: { project_id, database_id: data.id } };
    const blanks = { ssl_mode: '', role: '', pool_region: '', pool_config: { max_active: 0 } } as const;
    const { data: changed } = await headgate.PATCH(DATABASE, { params, body: blanks });
    expect(changed).toMatchObject({ ssl_mode: 'require', pool_config: { max_active: 200 } });
    expect(changed).not.toHaveProperty('pool_region');
    expect(changed).not.toHaveProperty('role');
  });

  test('are deleted and restored', async () => {
    const params = { path: await newDatabase() };
    const { data: before } = await headgate.GET(DATABASE, { params });
    expect((await headgate.DELETE(DATABASE, { params })).data).toBeUndefined();
    expect(await refusalOf(headgate.GET(DATABASE, { params }))).toMatchObject({ code: 'NOT_FOUND' });
    const { data } = await headgate.POST(`${DATABASE}/restore`, { params });
    expect(data).toEqual({ ...before, updated_at: data.updated_at });
  });

  test('show their password to an owner who asks for it', async () => {
    const project_id = await newProject();
    const body = registration();
    const { data } = await headgate.POST(DATABASES, { params: { path: { project_id } }, body });
    const path = { project_id, database_id: data.id };
    expect((await headgate.GET(DATABASE, { params: { path } })).data).not.toHaveProperty('password');
    const shown = await headgate.GET(DATABASE, { params: { path, query: { show_sensitive: true } } });
    expect(shown.data.password).toBe(body.password);
  });

  test('are refused with every field that is wrong, by name', async () => {
    const params = { path: { project_id: await newProject() } };
    const error = await refusalOf(
      headgate.POST(DATABASES, { params, body: registration({ port: 0, host: '' }) }),
    );
    expect(error).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    expect(error.details.map(({ field }) => field).toSorted()).toEqual(['host', 'port']);
  });
});

describe('tests of connections', () => {
  const TEST = `${DATABASE}/test-connection` as const;
  const REPLICAS = '/v1/databases/{database_id}/replicas';

  test('say step by step whether a database works: as it is, as it would be, and before it is there', async () => {
    const path = await newDatabase();
    const { data: asItIs } = await headgate.POST(TEST, { params: { path } });
    expect(asItIs).toMatchObject({ ok: false, latency_ms: null, error: expect.any(String) as string });
    const body = serverConnection();
    const { data: asItWouldBe } = await headgate.POST(TEST, { params: { path }, body });
    expect(asItWouldBe).toMatchObject({ ok: true, server_version: expect.any(String) as string });
    const params = { path: { project_id: path.project_id } };
    const { data: before } = await headgate.POST(`${DATABASES}/test-connection`, { params, body });
    expect(before).toMatchObject({ ok: true, connection_budget: { wanted: 10 } });
  });

  test('of replicas say that a primary is none', async () => {
    const server = serverConnection();
    const { host, port, ssl_mode } = server;
    const body = { host, port, ssl_mode };
    const project_id = await newProject();
    const made = await headgate.POST(DATABASES, { params: { path: { project_id } }, body: server });
    const database_id = made.data.id;
    const params = { path: { database_id } };
    const { data } = await headgate.POST(`${REPLICAS}/test-connection`, { params, body });
    expect(data.checks.at(-1)).toMatchObject({ name: 'replica', outcome: 'failed' });
    const { data: replica } = await headgate.POST(REPLICAS, { params, body });
    const tested = await headgate.POST(`${REPLICAS}/{replica_id}/test-connection`, {
      params: { path: { database_id, replica_id: replica.id } },
    });
    expect(tested.data.ok).toBe(false);
  });

  test('come before a registration where that is asked for: what does not connect is not saved', async () => {
    const params = { path: { project_id: await newProject() }, query: { verify: true } };
    const refusal = await refusalOf(headgate.POST(DATABASES, { params, body: registration() }));
    expect(refusal).toMatchObject({ status: 422, code: 'UPSTREAM_CHECK_FAILED' });
    expect(refusal.checks[0]).toMatchObject({ name: 'name', outcome: 'failed' });
    expect(await all(headgate.list(DATABASES, { params: { path: params.path } }))).toEqual([]);
  });
});

describe("a database's credentials", () => {
  const ROTATE = `${DATABASE}/rotate-credentials` as const;

  test('are rotated once they work, and put back with one call', async () => {
    const project_id = await newProject();
    const server = serverConnection();
    const params = { path: { project_id } };
    const outdated = registration({ ...server, password: 'out-of-date' });
    const { data } = await headgate.POST(DATABASES, { params, body: outdated });
    const path = { project_id, database_id: data.id };
    const wrong = await refusalOf(headgate.POST(ROTATE, { params: { path }, body: { password: 'wrong' } }));
    expect(wrong).toMatchObject({ status: 422, code: 'UPSTREAM_CHECK_FAILED' });
    const body = { username: server.username, password: server.password, grace_seconds: 60 };
    const { data: rotated } = await headgate.POST(ROTATE, { params: { path }, body });
    expect(rotated).toMatchObject({ id: data.id, username: server.username });
    expect(new Date(rotated.previous_until ?? 0).getTime()).toBeGreaterThan(Date.now());
    const { data: undone } = await headgate.POST(`${ROTATE}/undo`, { params: { path } });
    expect(undone.id).toBe(data.id);
    expect(await refusalOf(headgate.POST(`${ROTATE}/undo`, { params: { path } }))).toMatchObject({
      code: 'CONFLICT',
    });
  });
});

describe("a database's schema", () => {
  test('is taken, read, listed, compared, and told in short', async () => {
    const path = { project_id: await newProject(), database_id: '' };
    const body = registration(serverConnection());
    path.database_id = (await headgate.POST(DATABASES, { params: { path }, body })).data.id;
    const { data: taken } = await headgate.POST(`${DATABASE}/introspect`, { params: { path } });
    const { data: again } = await headgate.POST(`${DATABASE}/introspect`, {
      params: { path },
      body: { schemas: ['public'] },
    });
    const query = { snapshot_id: taken.id };
    const { data: schema } = await headgate.GET(`${DATABASE}/schema`, { params: { path, query } });
    expect(schema.snapshot).toEqual(taken);
    expect(schema.schemas.map(({ name }) => name)).toContain('public');
    const listed = await all(headgate.list(`${DATABASE}/schema/snapshots`, { params: { path } }));
    expect(listed.map(({ id }) => id)).toEqual([again.id, taken.id]);
    const { data: diff } = await headgate.GET(`${DATABASE}/schema/diff`, {
      params: { path, query: { from: taken.id, to: again.id } },
    });
    expect([diff.from.id, diff.to.id]).toEqual([taken.id, again.id]);
    const { data: catalog } = await headgate.GET(`${DATABASE}/schema-catalog`, { params: { path } });
    expect(catalog).not.toHaveProperty('error');
  });
});

describe('a wire that breaks', () => {
  test('after the request was carried out: the next try gets the first answer, and nothing happens twice', async () => {
    const proxy = await startCuttingProxy(url);
    const project_id = await newProject();
    const params = { path: { project_id } };
    const throughProxy = recorder.client(proxy.url, world.organization.owner.token);
    proxy.cut(3);
    const { data, response } = await throughProxy.POST(DATABASES, { params, body: registration() });
    expect(proxy.cuts()).toBe(3);
    expect([response.status, response.headers.get('Idempotency-Replayed')]).toEqual([201, 'true']);
    const rows = await world.owner`select id from databases where project_id = ${project_id}`;
    expect(rows).toEqual([{ id: data.id }]);
    const entries = await world.owner`
      select action from audit_entries where project_id = ${project_id} and action = 'database.create'`;
    expect(entries).toHaveLength(1);
    await proxy.close();
  });

  test('for good is a ConnectionError', async () => {
    const proxy = await startCuttingProxy(url);
    const throughProxy = recorder.client(proxy.url, world.organization.owner.token, { maxRetries: 2 });
    proxy.cut(3);
    await expect(throughProxy.GET('/v1/regions')).rejects.toBeInstanceOf(ConnectionError);
    expect(proxy.cuts()).toBe(3);
    await proxy.close();
  });
});

describe('overload', () => {
  test('that lasts is told at last, when the client has waited as often as it may and as long as each 429 says', async () => {
    const env = { LIMITS: '{"requests_per_second":1}' };
    const waitsMs: number[] = [];
    const limited = world.run({ env });
    const client = recorder.client(await limited.url(), world.organization.member.token, {
      sleep: async (ms) => void waitsMs.push(ms),
    });
    const call = async () => await client.GET('/v1/regions').catch((error: unknown) => error);
    const refused = (await Promise.all(Array.from({ length: 40 }, call))).find(
      (answer) => answer instanceof HeadgateError,
    );
    expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(refused?.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(waitsMs.length).toBeGreaterThanOrEqual(5);
    expect(waitsMs.filter((ms) => ms < 1_000 || ms % 1_000 !== 0)).toEqual([]);
    limited.signal('SIGTERM');
    await limited.ended;
  });

  test('of a database that is gone for a moment is waited out as long as the 503 says', async () => {
    const wire = await layWire(world.databaseUrl);
    const behindWire = world.run({ env: { DATABASE_URL: wire.url } });
    const waitsMs: number[] = [];
    const client = recorder.client(await behindWire.url(), world.organization.owner.token, {
      sleep: async (ms) => {
        waitsMs.push(ms);
        await wire.set('well');
      },
    });
    await wire.set('hanging up');
    const { data } = await client.POST(PROJECTS, { body: { name: uniqueName('late'), org_id: orgId } });
    expect(waitsMs.length).toBeGreaterThan(0);
    expect(waitsMs.filter((ms) => ms < 1_000 || ms % 1_000 !== 0)).toEqual([]);
    expect(await world.owner`select from projects where id = ${data.project.id}`).toHaveLength(1);
    behindWire.signal('SIGTERM');
    await behindWire.ended;
    await wire.close();
  });
});

describe('replicas', () => {
  const REPLICAS = '/v1/databases/{database_id}/replicas';
  const REPLICA = '/v1/databases/{database_id}/replicas/{replica_id}';

  test('are added, read, changed, deleted and restored', async () => {
    const { database_id } = await newDatabase();
    const given = { host: 'Replica.Example.com', port: 5433 };
    const { data } = await headgate.POST(REPLICAS, { params: { path: { database_id } }, body: given });
    expect(data).toMatchObject({ ...given, database_id, ssl_mode: 'verify-full' });
    const params = { path: { database_id, replica_id: data.id } };
    expect((await headgate.GET(REPLICA, { params })).data).toEqual(data);
    const { data: changed } = await headgate.PATCH(REPLICA, { params, body: { port: 5434, ssl_mode: '' } });
    expect(changed).toMatchObject({ host: given.host, port: 5434, ssl_mode: 'verify-full' });
    await headgate.DELETE(REPLICA, { params });
    expect(await all(headgate.list(REPLICAS, { params: { path: { database_id } } }))).toEqual([]);
    await headgate.POST(`${REPLICA}/restore`, { params });
    const listed = await all(headgate.list(REPLICAS, { params: { path: { database_id } } }));
    expect(listed.map(({ id }) => id)).toEqual([data.id]);
  });
});

describe('replication slots', () => {
  const SLOTS = `${DATABASE}/replication-slots` as const;
  const SLOT = `${SLOTS}/{slot_id}` as const;
  const upstream = useUpstreamOnDemand();

  test('are made on request, told of as they stand, disabled, deleted, restored, and dropped when asked for', async () => {
    const project_id = await newProject();
    const { host, port, database: name, superuser } = await upstream();
    const given = { ...slotInput(), create_if_missing: true };
    const body = { host, port, name, ...superuser, ssl_mode: 'disable' as const, replication_slots: [given] };
    const { data: database } = await headgate.POST(DATABASES, { params: { path: { project_id } }, body });
    expect(database.replication_slots).toMatchObject([{ created: ['publication', 'slot'] }]);
    const path = { project_id, database_id: database.id };
    const twice = await refusalOf(headgate.POST(SLOTS, { params: { path }, body: given }));
    expect(twice).toMatchObject({ status: 409, code: 'CONFLICT' });
    const wrong = await refusalOf(headgate.POST(SLOTS, { params: { path }, body: slotInput() }));
    expect(wrong).toMatchObject({ status: 422, code: 'UPSTREAM_CHECK_FAILED' });
    const another = { ...slotInput(), create_if_missing: true };
    const { data: second } = await headgate.POST(SLOTS, { params: { path }, body: another });
    expect(second).toMatchObject({ slot_name: another.slot_name, status: 'active' });
    const { id: slot_id } = second;
    await headgate.DELETE(SLOT, { params: { path: { ...path, slot_id }, query: { drop: true } } });

    const params = { path: { ...path, slot_id: database.replication_slots?.[0]?.id ?? '' } };
    expect((await headgate.GET(SLOT, { params })).data.upstream).toMatchObject({
      state: 'present',
      active: false,
    });
    const { data: changed } = await headgate.PATCH(SLOT, { params, body: { status: 'disabled' } });
    await headgate.DELETE(SLOT, { params });
    expect(await all(headgate.list(SLOTS, { params: { path } }))).toEqual([]);
    const { data: restored } = await headgate.POST(`${SLOT}/restore`, { params });
    expect(restored).toEqual({ ...changed, updated_at: restored.updated_at });
    expect(await all(headgate.list(SLOTS, { params: { path } }))).toEqual([restored]);
    await headgate.DELETE(SLOT, { params: { ...params, query: { drop: true } } });
    await headgate.POST(`${SLOT}/restore`, { params });
    expect((await headgate.GET(SLOT, { params })).data.upstream.state).toBe('missing');
  });
});

describe('certificates', () => {
  const CERTIFICATES = '/v1/projects/{project_id}/certificates';
  const CERTIFICATE = '/v1/projects/{project_id}/certificates/{certificate_id}';

  test('are added, read, deleted and restored, and say when they expire', async () => {
    const project_id = await newProject();
    const { name, kind, certificate } = await certificateInput();
    const body = { name, kind, certificate };
    const { data } = await headgate.POST(CERTIFICATES, { params: { path: { project_id } }, body });
    expect(data).toMatchObject({ project_id, name, kind, certificate_count: 1 });
    expect(new Date(data.not_after).getTime()).toBeGreaterThan(Date.now());
    const params = { path: { project_id, certificate_id: data.id } };
    expect((await headgate.GET(CERTIFICATE, { params })).data).toMatchObject({
      ...data,
      certificate: expect.stringContaining('BEGIN CERTIFICATE') as string,
    });
    await headgate.DELETE(CERTIFICATE, { params });
    expect(await all(headgate.list(CERTIFICATES, { params: { path: { project_id } } }))).toEqual([]);
    const { data: restored } = await headgate.POST(`${CERTIFICATE}/restore`, { params });
    expect(await all(headgate.list(CERTIFICATES, { params: { path: { project_id } } }))).toEqual([restored]);
  });
});

describe('cache rules', () => {
  const RULES = `${DATABASE}/cache-rules` as const;
  const RULE = `${RULES}/{query_hash}` as const;

  test('are made for a statement before traffic, one for all its spellings, replaced as a whole and deleted', async () => {
    const path = await newDatabase();
    const params = { path };
    const rule = { cache_enabled: true, cache_ttl_seconds: 300, cache_swr_seconds: 60 };
    const sql = "SELECT name FROM countries WHERE code = 'CH'";
    const { data } = await headgate.POST(RULES, { params, body: { ...rule, sql } });
    expect(data.entry).toMatchObject({ ...rule, query_type: 'read', call_count: 0 });
    expect(data.entry.query_hash).toMatch(/^[0-9a-f]{16}$/);

    const spelling = "select  name /* again */ from countries where code='DE'";
    const twice = await refusalOf(headgate.POST(RULES, { params, body: { ...rule, sql: spelling } }));
    expect(twice).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect(twice.message).toContain(data.entry.query_hash);
    const writing = await refusalOf(
      headgate.POST(RULES, { params, body: { ...rule, sql: 'delete from countries' } }),
    );
    expect(writing).toMatchObject({ status: 400, code: 'INVALID_INPUT', details: [{ field: 'sql' }] });

    const query_hash = data.entry.query_hash;
    const one = { path: { ...path, query_hash } };
    const { data: replaced } = await headgate.PUT(RULE, { params: one, body: { cache_enabled: false } });
    const nulls = { cache_enabled: false, cache_ttl_seconds: null, cache_swr_seconds: null };
    expect(replaced.entry).toMatchObject({ query_hash, ...nulls });
    expect(await all(headgate.list(RULES, { params }))).toEqual([replaced.entry]);
    await headgate.DELETE(RULE, { params: one });
    expect(await all(headgate.list(RULES, { params }))).toEqual([]);
  });
});

describe('custom domains', () => {
  const DOMAINS = '/v1/projects/{project_id}/domains';
  const DOMAIN = '/v1/projects/{project_id}/domains/{domain_id}';

  test('are claimed, read, checked, deleted and restored', async () => {
    const project_id = await newProject();
    const domain = `${uniqueName('db').replaceAll('_', '-')}.example.com`;
    const { data } = await headgate.POST(DOMAINS, { params: { path: { project_id } }, body: { domain } });
    expect(data).toMatchObject({ domain, project_id, verified: false, verified_at: null });
    const params = { path: { project_id, domain_id: data.id } };
    expect((await headgate.GET(DOMAIN, { params })).data).toEqual(data);
    const { data: answer } = await headgate.POST(`${DOMAIN}/verify`, { params });
    expect(answer).toMatchObject({ verified: false, domain: { id: data.id, verified: false } });
    expect(answer.error).toBeTruthy();
    await headgate.DELETE(DOMAIN, { params });
    expect(await all(headgate.list(DOMAINS, { params: { path: { project_id } } }))).toEqual([]);
    await headgate.POST(`${DOMAIN}/restore`, { params });
    const listed = await all(headgate.list(DOMAINS, { params: { path: { project_id } } }));
    expect(listed.map(({ id }) => id)).toEqual([data.id]);
  });
});

describe('an organization', () => {
  const KEYS = '/v1/organizations/{org_id}/api-keys';
  const KEY = '/v1/organizations/{org_id}/api-keys/{key_id}';

  test('is listed for its people, with its limits and what is used of them', async () => {
    const organizations = await all(headgate.list('/v1/organizations'));
    expect(organizations.map(({ id }) => id)).toEqual([orgId]);
    const params = { path: { org_id: orgId } };
    const { data } = await headgate.GET('/v1/organizations/{org_id}/limits', { params });
    expect(data).toBeTypeOf('object');
  });

  test('has API keys, which act within their scopes until they are revoked', async () => {
    const { project_id } = await newDatabase();
    const params = { path: { org_id: orgId } };
    const body = { name: 'ci', project_id, scopes: ['databases:read' as const] };
    const { data: created } = await headgate.POST(KEYS, { params, body });
    expect(created.api_key).toMatch(/^hgp_/);
    const { api_key: apiKey, ...shown } = created;
    const path = { org_id: orgId, key_id: created.id };
    expect((await headgate.GET(KEY, { params: { path } })).data).toMatchObject({ id: shown.id, name: 'ci' });
    expect((await all(headgate.list(KEYS, { params }))).map(({ id }) => id)).toContain(created.id);

    const byKey = recorder.client(url, apiKey);
    const own = { params: { path: { project_id } } };
    expect(await all(byKey.list(DATABASES, own))).toHaveLength(1);
    expect(await refusalOf(byKey.POST(DATABASES, { ...own, body: registration() }))).toMatchObject({
      code: 'FORBIDDEN',
    });
    const foreign = { params: { path: { project_id: await newProject() } } };
    expect(await refusalOf(byKey.GET(DATABASES, foreign))).toMatchObject({ code: 'NOT_FOUND' });
    await headgate.DELETE(KEY, { params: { path } });
    expect(await refusalOf(byKey.GET(DATABASES, own))).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
  });

  test('has an audit log that tells what was done, is exported as it stands, and verifies', async () => {
    const path = await newDatabase();
    const { project_id } = path;
    await headgate.PATCH(DATABASE, { params: { path }, body: { pool_config: { pool_size: 20 } } });
    const ofProject = { params: { path: { project_id } } };
    const entries = await all(headgate.list('/v1/projects/{project_id}/audit-log', ofProject));
    const actions = ['database.update', 'database.create', 'project.create'];
    expect(entries.map(({ action }) => action)).toEqual(actions);

    const query = { action: 'database.update', page_size: 1 };
    const ofOrganization = { params: { path: { org_id: orgId }, query } };
    const updates = await all(headgate.list('/v1/organizations/{org_id}/audit-log', ofOrganization));
    expect(updates.map(({ resource }) => resource.id)).toContain(path.database_id);
    expect(updates.every(({ action }) => action === 'database.update')).toBe(true);

    const exported = await headgate.GET('/v1/projects/{project_id}/audit-log/export', {
      ...ofProject,
      parseAs: 'text',
    });
    const lines = exported.data.trimEnd().split('\n');
    const exportedActions = lines.map((line) => (JSON.parse(line) as { action: string }).action);
    // The export tells of itself too.
    expect(exportedActions).toEqual([...actions.toReversed(), 'projectAuditLog.export']);
    const stream = await headgate.GET('/v1/organizations/{org_id}/audit-log/export', {
      ...{
        params: { path: { org_id: orgId }, query: { format: 'csv' as const } },
        parseAs: 'stream' as const,
      },
    });
    expect(await new Response(stream.data).text()).toContain(path.database_id);

    const verify = '/v1/organizations/{org_id}/audit-log/verify';
    const { data } = await headgate.POST(verify, { params: { path: { org_id: orgId } } });
    expect(data).toMatchObject({ findings: [] });
  });

  test('lets its viewers look and change nothing, and says so by the code', async () => {
    const viewer = recorder.client(url, world.organization.viewer.token);
    const params = { path: { project_id: await newProject() } };
    expect(await all(viewer.list(DATABASES, { params }))).toEqual([]);
    const error = await refusalOf(viewer.POST(DATABASES, { params, body: registration() }));
    expect(error).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(await all(headgate.list(DATABASES, { params }))).toEqual([]);
  });
});

describe('the service', () => {
  test('tells its regions, and its health without credentials that count', async () => {
    expect(await all(headgate.list('/v1/regions'))).toMatchObject([{ id: 'local' }]);
    const anyone = recorder.client(url, 'nobody');
    expect((await anyone.GET('/v1/health')).data.status).toBe('ok');
    expect((await anyone.GET('/livez')).data).toEqual({ status: 'ok' });
    expect((await anyone.GET('/readyz')).data.status).toBe('ready');
    expect(await refusalOf(anyone.GET('/v1/regions'))).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
  });
});

describe('the README of the client', () => {
  test('registers a database with the lines that it begins with, in no more than ten', async () => {
    const readme = readFileSync(new URL('../../../packages/sdk/README.md', import.meta.url), 'utf8');
    const [, code = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
    expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(10);
    const project_id = await newProject();
    const params = { path: { org_id: orgId } };
    const body = { name: 'readme', scopes: ['databases:write' as const] };
    const { data: key } = await headgate.POST('/v1/organizations/{org_id}/api-keys', { params, body });
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
      // Where `@headgate/sdk` is found.
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { HEADGATE_URL: url, HEADGATE_API_KEY: key.api_key, PROJECT: project_id },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await once(child, 'close'), stderr).toEqual([0, null]);
    const [database] = await all(headgate.list(DATABASES, { params: { path: { project_id } } }));
    expect(stdout).toBe(`${database?.connection_string}\n`);
  });
});

describe('a bare start', () => {
  /** A port that nobody has just now. */
  async function freePort(): Promise<string> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return String(port);
  }

  async function ask(address: string, { token, body }: { token?: string; body?: object }): Promise<string> {
    const headers = {
      'Content-Type': 'application/json',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    };
    const method = body === undefined ? 'GET' : 'POST';
    const response = await fetch(address, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const answer = (await response.json()) as { token?: string; id?: string };
    return answer.token ?? answer.id ?? expect.fail(`${address} answered ${response.status}`);
  }

  test('prints a token that works, and whoever signs up has an organization of their own and sees no other', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'headgate-end-to-end-'));
    onTestFinished(async () => await rm(dataDir, { recursive: true, force: true }));
    // Where the tests run as root, PostgreSQL does not, and has to pass through.
    await chmod(dataDir, 0o755);
    const identityPort = await freePort();
    const none = { DATABASE_URL: '', VAULT_KEYS: '', AUTH_ISSUER: '', AUTH_AUDIENCE: '', AUTH_JWKS_URL: '' };
    const bare = world.run({ env: { ...none, DATA_DIR: dataDir, IDENTITY_PORT: identityPort } });
    await expect.poll(bare.stdout, { timeout: 30_000 }).toContain('Ctrl-C stops it.');
    const [bareUrl, demoToken, demoOrg] = [/ API +(\S+)/, /export TOKEN=(\S+)/, /export ORG=(\S+)/].map(
      (pattern) => pattern.exec(bare.stdout())?.[1] ?? '',
    ) as [string, string, string];
    const demo = recorder.client(bareUrl, demoToken);
    const [project] = await all(demo.list(PROJECTS, { params: { query: { org_id: demoOrg } } }));
    expect(project?.name).toBe('demo');

    const identity = `http://127.0.0.1:${identityPort}/auth`;
    const account = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' };
    const session = await ask(`${identity}/sign-up/email`, { body: account });
    const acme = { name: 'Acme', slug: 'acme' };
    const org_id = await ask(`${identity}/organization/create`, { token: session, body: acme });
    const ada = recorder.client(bareUrl, await ask(`${identity}/token`, { token: session }));
    expect(await all(ada.list('/v1/organizations'))).toMatchObject([{ id: org_id, ...acme, role: 'owner' }]);
    const { data } = await ada.POST(PROJECTS, { body: { name: 'shop', org_id, database: registration() } });
    expect(data.database?.connection_string).toContain('YOUR_PASSWORD');
    const params = { path: { project_id: project?.id ?? '' } };
    expect(await refusalOf(ada.GET(PROJECT, { params }))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    const missing = { path: { project_id: 'prj_01h455vb4pex5vsknk084sn02r' } };
    const [foreign, absent] = [
      await refusalOf(ada.GET(PROJECT, { params })),
      await refusalOf(ada.GET(PROJECT, { params: missing })),
    ];
    expect(foreign.message).toBe(absent.message);

    bare.signal('SIGTERM');
    expect(await bare.ended).toBe(0);
  });
});

/** Operations that are not called above, each with the reason. */
const NOT_CALLED: Record<string, string> = {};

test('every operation of openapi.yaml has been called through the client, with success', () => {
  expect([...recorder.succeeded, ...Object.keys(NOT_CALLED)].toSorted()).toEqual(OPERATION_IDS.toSorted());
});
