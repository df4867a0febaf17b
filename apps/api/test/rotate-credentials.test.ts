import type { Database, RotatedDatabaseCredentials } from '@headgate/schema';
import { serverConnection, uniqueName, useLogins, type ServerLogin } from '@headgate/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, auditOf, expectRefusal, rows, tokenFor, useProject } from './support.ts';

const { api, owner, projectId } = await useProject();
const logins = useLogins();

let before: ServerLogin;
let after: ServerLogin;
let database: Database;
beforeEach(async () => {
  [before, after] = [await logins.create(), await logins.create()];
  database = await register(before);
});

const register = async (login: ServerLogin) =>
  (await send<Database>('POST', `/v1/projects/${projectId}/databases`, { ...serverConnection(), ...login }))
    .body;
const pathOf = ({ id }: Database) => `/v1/projects/${projectId}/databases/${id}`;
/** Sends with a token that is fresh, since these tests move the clock. */
async function send<B>(method: string, path: string, body?: unknown, headers = {}) {
  return await api.send<B>(method, path, { token: await tokenFor(api, owner), body, headers });
}
const rotate = async (login: Partial<ServerLogin> & { grace_seconds?: number }, headers = {}) =>
  await send<RotatedDatabaseCredentials>('POST', `${pathOf(database)}/rotate-credentials`, login, headers);
const undo = async (headers = {}) =>
  await send<Database>('POST', `${pathOf(database)}/rotate-credentials/undo`, undefined, headers);
/** The credentials that are in force. */
async function inForce(): Promise<ServerLogin> {
  const { body } = await send<ServerLogin>('GET', `${pathOf(database)}?show_sensitive=true`);
  return { username: body.username, password: body.password };
}

/** What lies in the row, with its secrets as they open. */
async function stored() {
  const [row] = await rows<Record<string, string | null>>(api, 'select * from databases where id = $1', [
    database.id,
  ]);
  const open = async (column: string) => {
    const sealed = row?.[column] ?? null;
    return sealed === null ? null : await api.vault.open(sealed, `databases/${database.id}/password`);
  };
  return {
    staged: [row?.['staged_username'], await open('staged_sealed_password'), row?.['staged_at']],
    previous: [row?.['previous_username'], await open('previous_sealed_password')],
    until: row?.['previous_until'] ?? null,
  };
}
const NOTHING = [null, null, null];
/** What the audit log tells of it, but for the looks that these tests take. */
const entries = async () =>
  (await auditOf(api, database.id)).filter(({ action }) => action !== 'database.reveal');
const actions = async () => (await entries()).map(({ action }) => action);

describe('rotating credentials', () => {
  test('switches to those that work, and keeps the ones before, sealed, for a day', async () => {
    api.clock.advance(1_000);
    const answer = await rotate(after);
    expect(answer.status, answer.text).toBe(200);
    const until = new Date(api.clock.now().getTime() + DAY_MS).toISOString();
    expect(answer.body).toMatchObject({
      ...{ id: database.id, username: after.username, previous_until: until },
      updated_at: api.clock.now().toISOString(),
    });
    expect(await inForce()).toEqual(after);
    expect(await stored()).toMatchObject({
      ...{ staged: NOTHING, previous: [before.username, before.password] },
      until: new Date(until),
    });
    expect(answer.headers.get('etag')).toBe('"2"');
    expect((await send('GET', pathOf(database))).headers.get('etag')).toBe('"2"');
  });

  test('of the password alone keeps the user', async () => {
    const password = uniqueName('pa$$word');
    await logins.setPassword({ ...before, password });
    const { status, body } = await rotate({ password });
    expect([status, body.username]).toEqual([200, before.username]);
    expect(await inForce()).toEqual({ ...before, password });
  });

  test('writes each step down, and no password in any', async () => {
    const { body } = await rotate(after);
    const [, ...steps] = await entries();
    expect(steps.map(({ action }) => action)).toEqual([
      'databaseCredentials.test',
      'databaseCredentials.stage',
      'databaseCredentials.rotate',
    ]);
    expect(steps[0]?.after).toMatchObject({ username: after.username, ok: true });
    expect(steps[1]?.after).toEqual({ username: after.username, password: '[redacted]' });
    expect(steps[2]).toMatchObject({
      before: { username: before.username },
      after: { username: after.username, password: '[redacted]', previous_until: body.previous_until },
    });
    const told = JSON.stringify(steps) + api.logs();
    for (const { password } of [before, after]) expect(told).not.toContain(password);
  });

  test('to what the server refuses is a 422 with the steps, and changes nothing', async () => {
    const password = uniqueName('other');
    for (const wrong of [
      { ...after, password },
      { username: uniqueName('nobody'), password },
    ]) {
      const answer = await rotate(wrong);
      const error = expectRefusal(answer, { code: 'UPSTREAM_CHECK_FAILED' });
      expect(error.checks?.find(({ outcome }) => outcome === 'failed')).toMatchObject({
        ...{ name: 'login', code: expect.any(String) as string },
      });
      expect(answer.text).not.toContain(wrong.password);
    }
    expect(await inForce()).toEqual(before);
    expect(await stored()).toEqual({ staged: NOTHING, previous: [null, null], until: null });
    const [, ...tests] = await entries();
    expect(tests.map(({ action, after: told }) => [action, told])).toEqual([
      ['databaseCredentials.test', expect.objectContaining({ ok: false, code: 'wrong_password' })],
      ['databaseCredentials.test', expect.objectContaining({ ok: false })],
    ]);
    expect((await send('GET', pathOf(database))).headers.get('etag')).toBe('"1"');
  });

  test('to those that it has already is a 409, and those before can be put back still', async () => {
    await rotate(after);
    expect(expectRefusal(await rotate(after), { code: 'CONFLICT' }).message).toMatch(
      /has these credentials already/,
    );
    expect(await stored()).toMatchObject({ previous: [before.username, before.password] });
    expect((await undo()).status).toBe(200);
    expect(await inForce()).toEqual(before);
  });

  test('with no grace time forgets the ones before at once', async () => {
    const { body } = await rotate({ ...after, grace_seconds: 0 });
    expect(body.previous_until).toBeNull();
    expect(await stored()).toEqual({ staged: NOTHING, previous: [null, null], until: null });
    expectRefusal(await undo(), { code: 'CONFLICT' });
  });

  test('with an idempotency key is done once, also when five come at once and one comes later', async () => {
    const key = { 'Idempotency-Key': crypto.randomUUID() };
    const answers = await Promise.all(Array.from({ length: 3 }, async () => await rotate(after, key)));
    answers.push(await rotate(after, key));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect((await actions()).filter((action) => action === 'databaseCredentials.rotate')).toHaveLength(1);
    expect((await stored()).staged).toEqual(NOTHING);
    expectRefusal(await rotate(before, key), { code: 'CONFLICT' });
  });

  test('with an idempotency key gets the first answer also when the server is of another mind since', async () => {
    const key = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await rotate(after, key);
    await logins.setPassword({ ...after, password: 'other' });
    const again = await rotate(after, key);
    expect([again.status, again.text]).toEqual([200, first.text]);
  });

  test('at once with others ends with one of them in force as a whole', async () => {
    const candidates = [after, await logins.create(), await logins.create()];
    const answers = await Promise.all(candidates.map(async (login) => await rotate(login)));
    const done = candidates.filter((_, index) => answers[index]?.status === 200);
    expect(done.length).toBeGreaterThanOrEqual(1);
    for (const { status } of answers) expect([200, 409]).toContain(status);
    expect(done).toContainEqual(await inForce());
    expect((await actions()).filter((action) => action === 'databaseCredentials.rotate')).toHaveLength(
      done.length,
    );
  });

  test.each<[what: string, body: object, field: string]>([
    ['without a password', { username: 'u' }, 'password'],
    ['with an empty user', { username: '', password: 'p' }, 'username'],
    [
      'with a grace time of more than 30 days',
      { password: 'p', grace_seconds: 30 * 86_400 + 1 },
      'grace_seconds',
    ],
    ['with a negative grace time', { password: 'p', grace_seconds: -1 }, 'grace_seconds'],
  ])('%s is refused before anything is dialled', async (_what, body, field) => {
    expectRefusal(await rotate(body), { code: 'INVALID_INPUT', field });
  });

  test('of a primary that is not configured yet is a 409', async () => {
    const body = {
      ...{ name: 'blank', org_id: owner.orgId },
      database: { host: '', port: 0, name: '', username: '' },
    };
    const made = await send<{ database: Database }>('POST', '/v1/projects', body);
    const { id, project_id: blank } = made.body.database;
    const path = `/v1/projects/${blank}/databases/${id}/rotate-credentials`;
    expectRefusal(await send('POST', path, after), { code: 'CONFLICT' });
  });
});

describe('a change that comes between', () => {
  /** Does this when the credentials are tested and staged, and not yet in force. */
  async function between(work: () => Promise<unknown>) {
    const { store } = api;
    let transactions = 0;
    const slow = await api.startAnother({
      store: {
        ...store,
        transact: async (options, body) => {
          transactions += 1;
          if (transactions === 2) await work();
          return await store.transact(options, body);
        },
      },
    });
    const token = await tokenFor(api, owner);
    const answer = await slow.send('POST', `${pathOf(database)}/rotate-credentials`, { token, body: after });
    await slow.close();
    return answer;
  }

  test('of the password by hand is kept, and the rotation is a 409', async () => {
    const answer = await between(async () => await send('PATCH', pathOf(database), { password: 'by hand' }));
    expectRefusal(answer, { code: 'CONFLICT' });
    expect(await inForce()).toEqual({ ...before, password: 'by hand' });
    expect((await stored()).staged).toEqual(NOTHING);
  });

  test('of other credentials that were staged is kept, and the rotation is a 409', async () => {
    const other = await logins.create();
    const answer = await between(async () => await rotate(other));
    expectRefusal(answer, { code: 'CONFLICT' });
    expect(await inForce()).toEqual(other);
  });
});

describe('undoing a rotation', () => {
  test('puts the ones before back, once, and forgets those of the rotation', async () => {
    await rotate(after);
    const answer = await undo();
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.username).toBe(before.username);
    expect(await inForce()).toEqual(before);
    expect(await stored()).toEqual({ staged: NOTHING, previous: [null, null], until: null });
    const entry = (await entries()).at(-1);
    expect(entry).toMatchObject({
      action: 'databaseCredentialsRotation.undo',
      before: { username: after.username },
      after: { username: before.username, password: '[redacted]' },
    });
    const error = expectRefusal(await undo(), { code: 'CONFLICT' });
    expect(error.message).toContain('no credentials to put back');
  });

  test('does so also when they do not work any more, and warns', async () => {
    await rotate(after);
    await logins.setPassword({ ...before, password: 'changed since' });
    const { status, body, text } = await undo();
    expect(status).toBe(200);
    expect(body.warnings).toContainEqual({
      code: 'credentials_refused',
      message: expect.stringContaining('do not work') as string,
    });
    expect(text).not.toContain(before.password);
    expect(await inForce()).toEqual(before);
  });

  test('works to the last moment of the grace time, and is a 409 after it', async () => {
    await rotate({ ...after, grace_seconds: 3_600 });
    api.clock.advance(HOUR_MS - 1);
    expect((await undo()).status).toBe(200);
    await rotate({ ...after, grace_seconds: 3_600 });
    api.clock.advance(HOUR_MS);
    expect(expectRefusal(await undo(), { code: 'CONFLICT' }).message).toContain('could be put back until');
    expect(await inForce()).toEqual(after);
  });

  test('goes one rotation back, and no further', async () => {
    const third = await logins.create();
    await rotate(after);
    await rotate(third);
    await undo();
    expect(await inForce()).toEqual(after);
    expectRefusal(await undo(), { code: 'CONFLICT' });
  });

  test('with an idempotency key gets the first answer again', async () => {
    await rotate(after);
    const key = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await undo(key);
    const again = await undo(key);
    expect([again.status, again.text]).toEqual([200, first.text]);
  });

  // What was stored for one server is not sent to another, by whatever way.
  test.each<[what: string, change: () => object]>([
    ['another host', () => ({ host: 'elsewhere.example.com', password: 'p' })],
    ['another port', () => ({ port: 6543, password: 'p' })],
    ['another password', () => ({ password: 'p' })],
    ['another user', () => ({ username: 'someone', password: 'p' })],
  ])('is a 409 when the database was given %s since', async (_what, change) => {
    await rotate(after);
    const changed = await send('PATCH', pathOf(database), change());
    expect(changed.status, changed.text).toBe(200);
    expect(await stored()).toMatchObject({ previous: [null, null], until: null });
    expectRefusal(await undo(), { code: 'CONFLICT' });
  });

  test('is not in the way of a change that leaves the connection as it is', async () => {
    await rotate(after);
    await send('PATCH', pathOf(database), { pool_config: { pool_size: 20 } });
    expect((await undo()).body).toMatchObject({ username: before.username, pool_config: { pool_size: 20 } });
  });
});
