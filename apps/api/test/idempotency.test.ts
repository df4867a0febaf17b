import type { CreatedProject, Database } from '@headgate/schema';
import { createTestActor, databaseInput, projectInput, type TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { HOUR_MS, auditOf, expectRefusal, rows, tokenFor } from './support.ts';

let api: TestApi;
let owner: TestActor;
let projectId: string;
let key: string;
beforeAll(async () => {
  api = await startTestApi();
  ({ owner } = await api.createOrganization());
});
afterAll(async () => await api.close());
beforeEach(async () => {
  ({ id: projectId } = await api.createProject(owner));
  key = crypto.randomUUID();
});

interface Options {
  readonly as?: TestActor;
  readonly token?: string;
  readonly key?: string;
  readonly body?: unknown;
}

const databases = () => `/v1/projects/${projectId}/databases`;
const send = async <B = Database>(
  method: string,
  path: string,
  { as = owner, token, body, ...rest }: Options = {},
) => await api.send<B>(method, path, { as, token, body, headers: { 'Idempotency-Key': rest.key ?? key } });
const count = async () => {
  const [row] = await rows<{ count: number }>(
    api,
    'select count(*)::integer as count from databases where project_id = $1',
    [projectId],
  );
  return row?.count;
};
const records = async (of = key) =>
  await rows(api, 'select operation from idempotency_records where key = $1', [of]);

test('fifty creations at once with one key make one row, and all get the same 201', async () => {
  const body = databaseInput();
  const answers = await Promise.all(
    Array.from({ length: 50 }, async () => await send('POST', databases(), { body })),
  );
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(answers[0]?.status).toBe(201);
  expect(await count()).toBe(1);
  const replays = answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true');
  expect(replays).toHaveLength(49);
  expect(await auditOf(api, answers[0]?.body.id ?? '')).toHaveLength(1);
  expect(await records()).toEqual([{ operation: 'database.create' }]);
});

test('fifty creations of a project with its database at once with one key make one of each', async () => {
  const body = projectInput(owner.orgId, { database: databaseInput() });
  const answers = await Promise.all(
    Array.from({ length: 50 }, async () => await send<CreatedProject>('POST', '/v1/projects', { body })),
  );
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  const made = await rows(
    api,
    'select (select count(*) from databases where project_id = projects.id)::integer as databases from projects where name = $1',
    [body.name],
  );
  expect(made).toEqual([{ databases: 1 }]);
});

test('a replay is the first answer to the letter, with its ETag and Location, marked as replayed', async () => {
  const body = databaseInput();
  const first = await send('POST', databases(), { body });
  api.clock.advance(1_000);
  const again = await send('POST', databases(), { body });
  expect(again.status).toBe(201);
  expect(again.text).toBe(first.text);
  for (const name of ['etag', 'location']) expect(again.headers.get(name)).toBe(first.headers.get(name));
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(again.headers.get('idempotency-replayed')).toBe('true');
});

test('without a key, or with two keys, the same request is two creations', async () => {
  const body = databaseInput();
  await api.send('POST', databases(), { as: owner, body });
  await send('POST', databases(), { body });
  await send('POST', databases(), { body, key: crypto.randomUUID() });
  expect(await count()).toBe(3);
});

describe('a key that was used is refused, and nothing happens,', () => {
  test.each([
    ['with another body', () => send('POST', databases(), { body: databaseInput() })],
    ['with another operation', () => send('POST', '/v1/projects', { body: projectInput(owner.orgId) })],
  ])('%s', async (_what, again) => {
    await send('POST', databases(), { body: databaseInput() });
    const answer = await again();
    expect(answer.status).toBe(409);
    expectRefusal(answer, { code: 'CONFLICT' });
    expect(await count()).toBe(1);
  });

  test('with the same body for another project', async () => {
    const body = databaseInput();
    await send('POST', databases(), { body });
    const other = await api.createProject(owner);
    expect((await send('POST', `/v1/projects/${other.id}/databases`, { body })).status).toBe(409);
    expect(
      (await api.send<{ databases: [] }>('GET', `/v1/projects/${other.id}/databases`, { as: owner })).body
        .databases,
    ).toEqual([]);
  });

  test('with another password alone, so that a retry never confirms a password that was not kept', async () => {
    const body = databaseInput();
    await send('POST', databases(), { body });
    expect((await send('POST', databases(), { body: { ...body, password: 'another' } })).status).toBe(409);
  });

  test('by the same person acting for another organization', async () => {
    await send('POST', databases(), { body: databaseInput() });
    const token = await tokenFor(api, owner, { orgId: 'org_second' });
    const answer = await send('POST', '/v1/projects', { token, body: projectInput('org_second') });
    expect(answer.status).toBe(409);
    expectRefusal(answer, { code: 'CONFLICT' });
  });
});

test('of fifty different requests at once with one key, one is carried out and the others are refused', async () => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, async () => await send('POST', databases(), { body: databaseInput() })),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(49);
  expect(await count()).toBe(1);
});

test("another person's same key is another key, also in the same organization", async () => {
  const body = databaseInput();
  const colleague = await createTestActor(api.issuer, owner.orgId, 'member');
  const mine = await send('POST', databases(), { body });
  const theirs = await send('POST', databases(), { body, as: colleague });
  expect([mine.status, theirs.status]).toEqual([201, 201]);
  expect(theirs.headers.get('idempotency-replayed')).toBeNull();
  expect(theirs.body.id).not.toBe(mine.body.id);
});

test('a replay gives the first answer also after the resource was changed and deleted', async () => {
  const body = databaseInput();
  const first = await send('POST', databases(), { body });
  const path = `${databases()}/${first.body.id}`;
  await api.send('PATCH', path, { as: owner, body: { port: 6000 } });
  await api.send('DELETE', path, { as: owner });
  const again = await send('POST', databases(), { body });
  expect([again.status, again.text]).toEqual([201, first.text]);
  expect(await count()).toBe(1);
});

test('a key is remembered for 24 hours by the clock, and then is new', async () => {
  const body = databaseInput();
  const first = await send('POST', databases(), { body });
  api.clock.advance(24 * HOUR_MS - 1);
  const late = await send('POST', databases(), { body, token: await tokenFor(api, owner) });
  expect(late.text).toBe(first.text);
  api.clock.advance(1);
  const next = await send('POST', databases(), { body, token: await tokenFor(api, owner) });
  expect(next.status).toBe(201);
  expect(next.headers.get('idempotency-replayed')).toBeNull();
  expect(next.body.id).not.toBe(first.body.id);
  expect(await count()).toBe(2);
  // The rest of the file has tokens of the time before.
  api.clock.advance(-24 * HOUR_MS);
});

test('nothing of a password is kept with the key', async () => {
  const body = databaseInput({ password: 'Marked-Password-72' });
  await send('POST', databases(), { body });
  const kept = await rows(api, 'select * from idempotency_records where key = $1', [key]);
  expect(kept).toHaveLength(1);
  expect(JSON.stringify(kept)).not.toContain(body.password);
});
