import { newId, type CreatedProject, type Replica, type ReplicaList } from '@headgate/schema';
import { projectInput, type TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { MINUTE_MS, auditOf, expectRefusal, rows, tokenFor } from './support.ts';

let api: TestApi;
let owner: TestActor;
let viewer: TestActor;
let projectId: string;
let databaseId: string;
beforeAll(async () => {
  api = await startTestApi();
  ({ owner, viewer } = await api.createOrganization());
  ({ id: projectId } = await api.createProject(owner));
});
afterAll(async () => await api.close());
beforeEach(async () => {
  ({ id: databaseId } = await api.createDatabase(owner, projectId));
});

const INPUT = { host: 'replica.example.com', port: 5432 };
const listPath = () => `/v1/databases/${databaseId}/replicas`;
const pathOf = ({ id }: { id: string }) => `${listPath()}/${id}`;
const send = async <B = Replica>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) => await api.send<B>(method, path, { token: await tokenFor(api, owner), body, headers });
const create = async (over: object = {}) => await send('POST', listPath(), { ...INPUT, ...over });
const stored = async () => await rows(api, 'select id from replicas where database_id = $1', [databaseId]);

describe('creating a replica', () => {
  test('answers it with its address, its version and its path, and a read tells the same', async () => {
    const { status, body, headers } = await create();
    const now = api.clock.now().toISOString();
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^rep_[0-9a-hjkmnp-tv-z]{26}$/) as string,
      ...{ database_id: databaseId, ...INPUT, ssl_mode: 'verify-full', created_at: now, updated_at: now },
    });
    expect(headers.get('location')).toBe(pathOf(body));
    const read = await send('GET', pathOf(body));
    expect([read.body, read.headers.get('etag')]).toEqual([body, headers.get('etag')]);
    expect((await send<ReplicaList>('GET', listPath())).body).toEqual({ replicas: [body] });
  });

  test.each([
    { host: 'Replica.Example.COM.' },
    { host: '2001:DB8::0:1' },
    { host: '192.0.2.7' },
    { host: 'h'.repeat(254) },
    { port: 1 },
    { port: 65_535 },
    { ssl_mode: 'disable' },
    { ssl_mode: 'verify-ca' },
  ])('%j comes out to the letter', async (over) => {
    const { body, status } = await create(over);
    expect(status).toBe(201);
    expect(body).toMatchObject(over);
    expect((await send('GET', pathOf(body))).body).toMatchObject(over);
  });

  test.each([
    ['host', { host: undefined }],
    ['host', { host: '' }],
    ['host', { host: null }],
    ['host', { host: 5 }],
    ['host', { host: 'h'.repeat(255) }],
    ['host', { host: 'a b' }],
    ['host', { host: 'db.example.com:5432' }],
    ['host', { host: '[::1]' }],
    ['host', { host: '/var/run/postgresql' }],
    ['host', { host: 'a,b' }],
    ['host', { host: 'a\u0000b' }],
    ['port', { port: undefined }],
    ['port', { port: 0 }],
    ['port', { port: 65_536 }],
    ['port', { port: '5432' }],
    ['port', { port: 5432.5 }],
    ['port', { port: null }],
    ['ssl_mode', { ssl_mode: '' }],
    ['ssl_mode', { ssl_mode: 'VERIFY-FULL' }],
    ['ssl_mode', { ssl_mode: null }],
    ['password', { password: 'pa$$word' }],
    ['id', { id: 'rep_01h455vb4pex5vsknk084sn02s' }],
    ['role', { role: 'replica' }],
  ])('%s in %j is refused by name, and nothing is made', async (field, over) => {
    const answer = await create(over);
    expect(answer.status).toBe(400);
    expectRefusal(answer, { code: 'INVALID_INPUT', field });
    expect(await stored()).toEqual([]);
  });

  test('leaves an audit entry with what was made, in the project of the database', async () => {
    const { body } = await create();
    const [entry, ...others] = await auditOf(api, body.id);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      action: 'replica.create',
      actor_id: owner.userId,
      before: null,
      after: body,
    });
    expect(
      await rows(api, 'select project_id, resource_kind from audit_entries where resource_id = $1', [
        body.id,
      ]),
    ).toEqual([{ project_id: projectId, resource_kind: 'replica' }]);
  });

  test('of a database that is not configured yet is a 409 that says what to do, until it is completed', async () => {
    const body = projectInput(owner.orgId, { database: { host: '', port: 0, name: '', username: '' } });
    const created = await send<CreatedProject>('POST', '/v1/projects', body);
    const { project, database } = created.body;
    databaseId = database?.id ?? '';
    const answer = await create();
    expect(answer.status).toBe(409);
    expect(expectRefusal(answer, { code: 'CONFLICT' }).message).toContain('PATCH the database with host');
    expect(await stored()).toEqual([]);
    const connection = { host: 'h.example.com', port: 5432, name: 'n', username: 'u', password: 'p' };
    await send('PATCH', `/v1/projects/${project.id}/databases/${databaseId}`, connection);
    expect((await create()).status).toBe(201);
  });

  test('does not touch the database: its version and its audit log stay', async () => {
    const path = `/v1/projects/${projectId}/databases/${databaseId}`;
    const before = await send('GET', path);
    await create();
    const after = await send('GET', path);
    expect([after.body, after.headers.get('etag')]).toEqual([before.body, before.headers.get('etag')]);
    expect(await auditOf(api, databaseId)).toHaveLength(1);
  });
});

describe('an idempotency key', () => {
  test('makes one replica of twenty requests at once, and answers all of them alike', async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => await send('POST', listPath(), INPUT, headers)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.has('idempotency-replayed'))).toHaveLength(19);
    expect(await stored()).toHaveLength(1);
    expect(await auditOf(api, answers[0]?.body.id ?? '')).toHaveLength(1);
  });

  test('with another body or for another database is a 409', async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    await send('POST', listPath(), INPUT, headers);
    expectRefusal(await send('POST', listPath(), { ...INPUT, port: 1 }, headers), { code: 'CONFLICT' });
    const { id } = await api.createDatabase(owner, projectId);
    expectRefusal(await send('POST', `/v1/databases/${id}/replicas`, INPUT, headers), { code: 'CONFLICT' });
    expect(await rows(api, 'select id from replicas where database_id = $1', [id])).toEqual([]);
  });

  test('changes a replica once', async () => {
    const { body } = await create();
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await send('PATCH', pathOf(body), { port: 5433 }, headers);
    await send('PATCH', pathOf(body), { port: 5434 });
    const again = await send('PATCH', pathOf(body), { port: 5433 }, headers);
    expect([again.body, again.headers.get('idempotency-replayed')]).toEqual([first.body, 'true']);
    expect((await send('GET', pathOf(body))).body.port).toBe(5434);
  });
});

describe('changing a replica', () => {
  let replica: Replica;
  beforeEach(async () => {
    replica = (await create()).body;
  });
  const patch = async (body: unknown, headers = {}) => await send('PATCH', pathOf(replica), body, headers);

  test('changes what is given and leaves the rest, and the audit log tells what changed', async () => {
    api.clock.advance(1_000);
    const { status, body } = await patch({ host: 'Other.Example.com', ssl_mode: 'require' });
    expect(status).toBe(200);
    const given = { host: 'Other.Example.com', ssl_mode: 'require' };
    expect(body).toEqual({ ...replica, ...given, updated_at: api.clock.now().toISOString() });
    expect((await send('GET', pathOf(replica))).body).toEqual(body);
    const [, entry, ...others] = await auditOf(api, replica.id);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ action: 'replica.update' });
    expect([entry?.before, entry?.after]).toEqual([
      { host: replica.host, ssl_mode: replica.ssl_mode },
      given,
    ]);
  });

  test.each([
    ['nothing', () => ({})],
    ['the same values', () => ({ ...INPUT, ssl_mode: 'verify-full' })],
    ['ssl_mode ""', () => ({ ssl_mode: '' })],
    ['itself as it was read', () => replica],
    ['read-only fields of any form', () => ({ id: 5, database_id: null, created_at: '', updated_at: {} })],
  ])('to %s leaves no trace', async (_what, body) => {
    const before = await send('GET', pathOf(replica));
    api.clock.advance(1_000);
    const answer = await patch(body());
    expect([answer.status, answer.body]).toEqual([200, replica]);
    expect(answer.headers.get('etag')).toBe(before.headers.get('etag'));
    expect(await auditOf(api, replica.id)).toHaveLength(1);
  });

  test('ssl_mode "" beside another change keeps the mode', async () => {
    await patch({ ssl_mode: 'prefer' });
    expect((await patch({ ssl_mode: '', port: 1 })).body).toMatchObject({ ssl_mode: 'prefer', port: 1 });
  });

  test.each([
    ['host', { host: '' }],
    ['host', { host: null }],
    ['host', { host: 'a b' }],
    ['port', { port: 0 }],
    ['port', { port: '1' }],
    ['ssl_mode', { ssl_mode: 'none' }],
    ['ssl_mode', { ssl_mode: null }],
    ['project_id', { project_id: 'prj_x' }],
    ['name', { name: 'x' }],
    ['body', []],
  ])('%s in %j is refused by name, and nothing changes', async (field, body) => {
    expectRefusal(await patch(body), { code: 'INVALID_INPUT', field });
    expect((await send('GET', pathOf(replica))).body).toEqual(replica);
  });

  test('under If-Match happens only to the version that is named', async () => {
    const etag = (await send('GET', pathOf(replica))).headers.get('etag') ?? '';
    const changed = await patch({ port: 1 }, { 'If-Match': etag });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(etag);
    for (const method of ['PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { port: 2 } : undefined;
      const answer = await send(method, pathOf(replica), body, { 'If-Match': etag });
      expect(answer.status).toBe(412);
      expectRefusal(answer, { code: 'PRECONDITION_FAILED' });
    }
    expect((await send('GET', pathOf(replica))).body).toEqual(changed.body);
    expect(await auditOf(api, replica.id)).toHaveLength(2);
  });

  test('of twenty at once that hold the same version, exactly one wins', async () => {
    const headers = { 'If-Match': (await send('GET', pathOf(replica))).headers.get('etag') ?? '' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => await patch({ port: 6000 + n }, headers)),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(19);
    expect((await send('GET', pathOf(replica))).body).toEqual(won[0]?.body);
  });

  test('of twenty at once without a condition all happen, one after the other', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => await patch({ port: 6000 + n })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const versions = answers.map(({ headers }) => headers.get('etag'));
    expect(new Set(versions).size).toBe(20);
    // Each change stands on another one, so that none has overwritten what it did not see.
    const log = (await auditOf(api, replica.id)).slice(1);
    const portsOf = (side: 'before' | 'after') => log.map((entry) => String(entry[side]?.['port']));
    const last = String((await send('GET', pathOf(replica))).body.port);
    expect([...portsOf('before'), last].toSorted()).toEqual([...portsOf('after'), '5432'].toSorted());
  });

  test('never lets time run backwards, even when the clock of another instance was ahead', async () => {
    api.clock.advance(10 * MINUTE_MS);
    const { body: ahead } = await patch({ port: 1 });
    api.clock.advance(-10 * MINUTE_MS);
    expect((await patch({ port: 2 })).body.updated_at).toBe(ahead.updated_at);
  });
});

test('If-None-Match with the present version is answered 304 without a body, with another one whole', async () => {
  const { body, headers } = await create();
  const etag = headers.get('etag') ?? '';
  const unchanged = await send('GET', pathOf(body), undefined, { 'If-None-Match': etag });
  expect([unchanged.status, unchanged.text, unchanged.headers.get('etag')]).toEqual([304, '', etag]);
  await send('PATCH', pathOf(body), { port: 1 });
  expect((await send('GET', pathOf(body), undefined, { 'If-None-Match': etag })).status).toBe(200);
});

describe('a path that names no replica', () => {
  const everyRequest = (path: string) =>
    Promise.all([
      send('GET', path),
      send('PATCH', path, { port: 1 }),
      send('DELETE', path),
      send('POST', `${path}/restore`),
    ]);

  test('of this database is a 404, whatever is asked of it, and the replica stays as it is', async () => {
    const { body } = await create();
    const { id: otherId } = await api.createDatabase(owner, projectId);
    for (const path of [
      `${listPath()}/${newId('rep')}`,
      `/v1/databases/${otherId}/replicas/${body.id}`,
      `/v1/databases/${newId('db')}/replicas/${body.id}`,
      `/v1/databases/nonsense/replicas/${body.id}`,
      `${listPath()}/${newId('db')}`,
    ]) {
      for (const answer of await everyRequest(path)) {
        expect(answer.status, path).toBe(404);
        expectRefusal(answer, { code: 'NOT_FOUND' });
      }
    }
    expect((await send('GET', pathOf(body))).body).toEqual(body);
  });

  test('and cannot be an id at all is a 400', async () => {
    for (const path of [`/v1/databases/a%20b/replicas/${newId('rep')}`, `${listPath()}/a%00b`]) {
      for (const answer of await everyRequest(path)) expect(answer.status, path).toBe(400);
    }
  });

  test('under a database that is not there is a 404 for the list and for a new one', async () => {
    for (const id of [newId('db'), newId('prj'), 'nonsense']) {
      const path = `/v1/databases/${id}/replicas`;
      expectRefusal(await send('GET', path), { code: 'NOT_FOUND' });
      expectRefusal(await send('POST', path, INPUT), { code: 'NOT_FOUND' });
    }
  });
});

describe("another tenant's", () => {
  test('replica under a database of one’s own, and database over a replica of one’s own, are missing ones', async () => {
    const { body: victim } = await create();
    const stranger = (await api.createOrganization()).owner;
    const { id: strangersProject } = await api.createProject(stranger);
    const { id: strangersDatabase } = await api.createDatabase(stranger, strangersProject);
    const own = await api.send<Replica>('POST', `/v1/databases/${strangersDatabase}/replicas`, {
      as: stranger,
      body: INPUT,
    });
    for (const path of [
      `/v1/databases/${strangersDatabase}/replicas/${victim.id}`,
      `${listPath()}/${own.body.id}`,
      `${listPath()}/${victim.id}`,
    ]) {
      const answers = await Promise.all([
        api.send('GET', path, { as: stranger }),
        api.send('PATCH', path, { as: stranger, body: { port: 1 } }),
        api.send('DELETE', path, { as: stranger }),
        api.send('POST', `${path}/restore`, { as: stranger }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    }
    expect((await send('GET', pathOf(victim))).body).toEqual(victim);
    const mine = `/v1/databases/${strangersDatabase}/replicas`;
    expect((await api.send('GET', mine, { as: stranger })).body).toEqual({ replicas: [own.body] });
  });
});

test('a viewer reads replicas and changes none', async () => {
  const { body } = await create();
  const as = { ...viewer, token: await tokenFor(api, viewer) };
  expect((await api.send('GET', pathOf(body), { as })).status).toBe(200);
  expect((await api.send('GET', listPath(), { as })).status).toBe(200);
  const refused = [
    await api.send('POST', listPath(), { as, body: INPUT }),
    await api.send('PATCH', pathOf(body), { as, body: { port: 1 } }),
    await api.send('DELETE', pathOf(body), { as }),
    await api.send('POST', `${pathOf(body)}/restore`, { as }),
  ];
  for (const answer of refused) expectRefusal(answer, { code: 'FORBIDDEN' });
  expect((await send('GET', pathOf(body))).body).toEqual(body);
  expect(await stored()).toHaveLength(1);
});
