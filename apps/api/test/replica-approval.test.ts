/**
 * That a replica gets the password it was approved for, and no other: whoever may change a database, but not read its
 * password, could otherwise have a server of their own approved for a password that they know, and wait for the next.
 */
import type { Database, Replica, ReplicaList, RotatedDatabaseCredentials } from '@headgate/schema';
import { serverConnection, uniqueName, useLogins, type ServerLogin, type TestActor } from '@headgate/testing';
import { misbehaviours, startFakeServer, type FakeServer } from '@headgate/testing/upstreams';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startTestApi, type TestApi, type TestRequest } from './harness.ts';
import { auditOf, expectRefusal, rows } from './support.ts';
import { keyOf } from './upstream-support.ts';

const logins = useLogins();

let api: TestApi;
let people: Record<'owner' | 'admin' | 'member', TestActor>;
let projectId: string;
beforeAll(async () => {
  api = await startTestApi();
  people = await api.createOrganization();
  ({ id: projectId } = await api.createProject(people.owner));
});
afterAll(async () => await api.close());

/** The login of the owner, and one that a member knows. */
let login: ServerLogin;
let own: ServerLogin;
let database: Database;
/** A server that nobody but a member chose. It hangs up at once, and counts who was there. */
let evil: FakeServer;
beforeEach(async () => {
  [login, own] = [await logins.create(), await logins.create()];
  const body = { ...serverConnection(), ...login };
  const made = await api.send<Database>('POST', `/v1/projects/${projectId}/databases`, {
    as: people.owner,
    body,
  });
  database = made.body;
  evil = await startFakeServer(misbehaviours.closesAtOnce);
  onTestFinished(async () => await evil.stop());
});

const path = () => `/v1/projects/${projectId}/databases/${database.id}`;
const replicas = () => `/v1/databases/${database.id}/replicas`;
const pathOf = ({ id }: Replica) => `${replicas()}/${id}`;
const by = async <B = Replica>(who: TestRequest, method: string, to: string, body?: object) =>
  await api.send<B>(method, to, { ...who, body });
const member = () => ({ as: people.member });
const owner = () => ({ as: people.owner });

const at = ({ host, port }: FakeServer) => ({ host, port, ssl_mode: 'disable' as const });
const register = async (who: TestRequest, password?: string) => {
  const answer = await by(who, 'POST', replicas(), {
    ...at(evil),
    ...(password !== undefined && { password }),
  });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
const read = async (replica: Replica, headers = {}) =>
  await api.send<Replica>('GET', pathOf(replica), { ...member(), headers });
const testIt = async (replica: Replica, body: object = {}, who: TestRequest = member()) =>
  await by<{ ok?: boolean }>(who, 'POST', `${pathOf(replica)}/test-connection`, body);
const rotate = async (to: ServerLogin, who: TestRequest = member()) => {
  const answer = await by<RotatedDatabaseCredentials>(who, 'POST', `${path()}/rotate-credentials`, to);
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};
const undo = async (who: TestRequest = member()) => {
  const answer = await by<Database>(who, 'POST', `${path()}/rotate-credentials/undo`);
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};
const setPassword = async (password: string, who: TestRequest) => {
  const answer = await by<Database>(who, 'PATCH', path(), { password });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};

/** Nobody dials the replica for a member, in whatever way it is asked for. */
async function expectRefused(replica: Replica): Promise<void> {
  const before = evil.accepted();
  const ways: [method: string, path: string, body: object][] = [
    ['POST', `${pathOf(replica)}/test-connection`, {}],
    ['POST', `${pathOf(replica)}/test-connection`, { ssl_mode: 'verify-full' }],
    ['POST', `${pathOf(replica)}/test-connection`, { password: 'a guess' }],
    ['PATCH', `${pathOf(replica)}?verify=true`, { ssl_mode: 'require' }],
    ['PATCH', `${pathOf(replica)}?verify=true`, {}],
  ];
  for (const [method, to, body] of ways) {
    expectRefusal(await by(member(), method, to, body), { code: 'INVALID_INPUT', field: 'password' });
  }
  expect(evil.accepted()).toBe(before);
  expect((await read(replica)).body.password_required).toBe(true);
}

/** The replica is dialled for a member, who gives no password. */
async function expectReached(replica: Replica): Promise<void> {
  const before = evil.accepted();
  const answer = await testIt(replica);
  expect([answer.status, answer.body.ok], answer.text).toEqual([200, false]);
  expect(evil.accepted()).toBeGreaterThan(before);
  expect((await read(replica)).body).not.toHaveProperty('password_required');
}

describe('the password of the owner never reaches the replica of a member', () => {
  test('who rotated to a login of their own, had the replica approved for that, and undid the rotation', async () => {
    await rotate(own);
    const replica = await register(member(), own.password);
    await expectReached(replica);
    expect((await undo()).username).toBe(login.username);
    await expectRefused(replica);
  });

  test('who set the password to one of their own, once the owner has repaired it', async () => {
    await setPassword('x', member());
    const replica = await register(member(), 'x');
    await setPassword(login.password, owner());
    await expectRefused(replica);
  });

  test('who did so, and deleted the replica until the password was repaired', async () => {
    await setPassword('x', member());
    const replica = await register(member(), 'x');
    await by(member(), 'DELETE', pathOf(replica));
    await setPassword(login.password, owner());
    const restored = await by(member(), 'POST', `${pathOf(replica)}/restore`);
    expect([restored.status, restored.body.password_required], restored.text).toEqual([200, true]);
    await expectRefused(replica);
  });

  test('who did so at a replica of the owner, which they led elsewhere', async () => {
    const replica = (await by(owner(), 'POST', replicas(), { host: 'replica.example.com', port: 5432 })).body;
    await setPassword('x', member());
    expect((await by(member(), 'PATCH', pathOf(replica), { ...at(evil), password: 'x' })).status).toBe(200);
    await setPassword(login.password, owner());
    await expectRefused(replica);
  });

  test('who led the database elsewhere with a password of their own, and put the replica beside it', async () => {
    const moved = await by<Database>(member(), 'PATCH', path(), { ...at(evil), password: 'x' });
    expect(moved.status, moved.text).toBe(200);
    const replica = await register(member());
    const { host, port } = serverConnection();
    await by(owner(), 'PATCH', path(), { host, port, password: login.password });
    await expectRefused(replica);
  });

  test('who changes what steers nothing, and asks for nothing to be tested', async () => {
    await rotate(own);
    const replica = await register(member(), own.password);
    await undo();
    expect((await by(member(), 'PATCH', pathOf(replica), { ssl_mode: 'require' })).status).toBe(200);
    await expectRefused(replica);
  });

  test('nor of a key without secrets:read, which an owner made', async () => {
    const token = await keyOf(api, people.owner, ['databases:read', 'databases:write']);
    await rotate(own, { token });
    const replica = await register({ token }, own.password);
    await undo({ token });
    expectRefusal(await testIt(replica, {}, { token }), { code: 'INVALID_INPUT', field: 'password' });
    expect(evil.accepted()).toBe(0);
  });
});

describe('a replica of somebody who may read passwords', () => {
  test('is approved for every password of its database', async () => {
    for (const as of [people.owner, people.admin]) {
      const replica = await register({ as });
      expect(JSON.stringify(await rotate(own))).not.toContain('replicas_not_approved');
      await expectReached(replica);
      await undo();
      await expectReached(replica);
      await setPassword(login.password, owner());
      await expectReached(replica);
      await by(member(), 'DELETE', pathOf(replica));
    }
  });

  test('stays so when a member changes it and gives the password, and leads it nowhere else', async () => {
    const replica = await register(owner());
    const change = { ssl_mode: 'require', password: login.password };
    expect((await by(member(), 'PATCH', pathOf(replica), change)).status).toBe(200);
    await rotate(own);
    expect((await read(replica)).body).not.toHaveProperty('password_required');
  });
});

describe('a replica of a member', () => {
  test('lapses with a rotation, which warns of it, and is approved again with the new password', async () => {
    const replica = await register(member(), login.password);
    await expectReached(replica);
    const { warnings } = await rotate(own, owner());
    expect(warnings).toContainEqual({
      code: 'replicas_not_approved',
      message: expect.stringMatching(/^1 replica was approved for another password/) as string,
    });
    await expectRefused(replica);
    expectRefusal(await by(member(), 'PATCH', pathOf(replica), { password: login.password }), {
      ...{ code: 'INVALID_INPUT', field: 'password' },
    });
    const approved = await by(member(), 'PATCH', pathOf(replica), { password: own.password });
    expect([approved.status, approved.body.password_required], approved.text).toEqual([200, undefined]);
    await expectReached(replica);
  });

  test('beside its database, where none had to be given, lapses as well', async () => {
    const { host, port, ssl_mode: sslMode } = serverConnection();
    const body = { host, port, ssl_mode: sslMode };
    const replica = (await by(member(), 'POST', replicas(), body)).body;
    await rotate(own, owner());
    expect((await read(replica)).body.password_required).toBe(true);
  });

  test('works again when the rotation is undone', async () => {
    const replica = await register(member(), login.password);
    await rotate(own, owner());
    await expectRefused(replica);
    expect(JSON.stringify(await undo())).not.toContain('replicas_not_approved');
    await expectReached(replica);
  });

  test('is counted in the warning of an undoing and of a change of the password too, once deleted no more', async () => {
    await rotate(own);
    const [first] = [await register(member(), own.password), await register(member(), own.password)];
    const told = ({ warnings = [] }: Database) =>
      warnings
        .filter(({ code }) => code === 'replicas_not_approved')
        .map(({ message }) => message.slice(0, 10));
    expect(told(await undo())).toEqual(['2 replicas']);
    await by(member(), 'DELETE', pathOf(first));
    expect(told(await setPassword('another', owner()))).toEqual(['1 replica ']);
    const renamed = await by<Database>(owner(), 'PATCH', path(), { pool_config: { pool_size: 20 } });
    expect(told(renamed.body)).toEqual([]);
  });

  test('lapses with the same password too when that is stored anew', async () => {
    const replica = await register(member(), login.password);
    await setPassword(login.password, owner());
    await expectRefused(replica);
  });

  test('is told of in lists, and in an ETag of its own: nobody is told 304 of what has lapsed', async () => {
    const replica = await register(member(), login.password);
    const trusted = await register(owner());
    const { headers } = await read(replica);
    await rotate(own, owner());
    const { body } = await by<ReplicaList>(member(), 'GET', replicas());
    expect(body.replicas.map(({ id, password_required: required }) => [id, required])).toEqual([
      [trusted.id, undefined],
      [replica.id, true],
    ]);
    const again = await read(replica, { 'If-None-Match': headers.get('etag') ?? '' });
    expect([again.status, again.body.password_required]).toEqual([200, true]);
    const tag = again.headers.get('etag') ?? '';
    expect((await read(replica, { 'If-None-Match': tag })).status).toBe(304);
    const stale = { ...member(), headers: { 'If-Match': headers.get('etag') ?? '' } };
    expect((await by(stale, 'DELETE', pathOf(replica))).status).toBe(412);
    expect((await by({ ...member(), headers: { 'If-Match': tag } }, 'DELETE', pathOf(replica))).status).toBe(
      204,
    );
  });

  test('can be sent back as it was read', async () => {
    const replica = await register(member(), login.password);
    await rotate(own, owner());
    const { body } = await read(replica);
    expect((await by(member(), 'PATCH', pathOf(replica), body)).body).toEqual(body);
  });
});

describe('a lapsed replica, for who may read the password,', () => {
  const lapsed = async () => {
    const replica = await register(member(), login.password);
    await rotate(own, owner());
    return replica;
  };

  test('is tested without it, which approves it for nobody else', async () => {
    const replica = await lapsed();
    expect((await testIt(replica, {}, owner())).status).toBe(200);
    expect(evil.accepted()).toBeGreaterThan(0);
    await expectRefused(replica);
  });

  test('is not approved by a change that neither gives the password nor leads elsewhere', async () => {
    const replica = await lapsed();
    expect((await by(owner(), 'PATCH', pathOf(replica), { ssl_mode: 'require' })).status).toBe(200);
    await expectRefused(replica);
  });

  test('is approved for every password by giving it, and by leading it elsewhere', async () => {
    for (const change of [() => ({ password: own.password }), () => ({ host: 'localhost' })]) {
      const replica = await lapsed();
      expect((await by(owner(), 'PATCH', pathOf(replica), change())).status).toBe(200);
      await undo();
      await rotate(own);
      expect((await read(replica)).body).not.toHaveProperty('password_required');
      await undo();
    }
  });

  test('leaves an entry when it is approved, with who did so and no password', async () => {
    const replica = await lapsed();
    await by(owner(), 'PATCH', pathOf(replica), { password: own.password });
    const entry = (await auditOf(api, replica.id)).at(-1);
    expect(entry).toMatchObject({
      ...{ action: 'replica.update', actor_id: people.owner.userId },
      before: { password_required: true, approved_password_id: expect.any(String) as string },
      after: { approved_password_id: null },
    });
    const [row] = await rows(api, 'select version from replicas where id = $1', [replica.id]);
    expect(row).toEqual({ version: 2 });
    for (const { password } of [login, own]) expect(JSON.stringify(entry)).not.toContain(password);
  });
});

test('a member who knows no password approves nothing, however the request is spelled', async () => {
  const replica = await register(member(), login.password);
  await rotate(own, owner());
  for (const password of [login.password, uniqueName('guess'), `${own.password} `]) {
    expectRefusal(await by(member(), 'PATCH', pathOf(replica), { password }), {
      ...{ code: 'INVALID_INPUT', field: 'password' },
    });
    expectRefusal(await testIt(replica, { password }), { code: 'INVALID_INPUT', field: 'password' });
  }
  expect(evil.accepted()).toBe(0);
  expect((await testIt(replica, { password: own.password })).status).toBe(200);
  expect(evil.accepted()).toBeGreaterThan(0);
  await expectRefused(replica);
});
