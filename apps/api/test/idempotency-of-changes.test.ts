import { newId, type Database } from '@headgate/schema';
import { databaseInput, projectInput, type TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { auditOf, expectRefusal, rows } from './support.ts';

let api: TestApi;
let owner: TestActor;
let viewer: TestActor;
let projectId: string;
let database: Database;
let key: string;
beforeAll(async () => {
  api = await startTestApi();
  ({ owner, viewer } = await api.createOrganization());
});
afterAll(async () => await api.close());
beforeEach(async () => {
  ({ id: projectId } = await api.createProject(owner));
  database = await api.createDatabase(owner, projectId);
  key = crypto.randomUUID();
});

const databases = () => `/v1/projects/${projectId}/databases`;
const path = () => `${databases()}/${database.id}`;
const send = async (method: string, to: string, body?: unknown, headers: Record<string, string> = {}) =>
  await api.send<Database>(method, to, { as: owner, body, headers: { 'Idempotency-Key': key, ...headers } });
const records = async () => await rows(api, 'select key from idempotency_records where key = $1', [key]);

test('a PATCH that is sent again is not carried out again, although the database has changed meanwhile', async () => {
  const first = await send('PATCH', path(), { port: 6000 });
  await api.send('PATCH', path(), { as: owner, body: { port: 7000 } });
  const again = await send('PATCH', path(), { port: 6000 });
  expect([again.status, again.text, again.headers.get('etag')]).toEqual([
    200,
    first.text,
    first.headers.get('etag'),
  ]);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect((await api.send<Database>('GET', path(), { as: owner })).body.port).toBe(7000);
});

test('a PATCH with If-Match that is sent again gets its first answer, not a 412', async () => {
  const { headers } = await api.send('GET', path(), { as: owner });
  const condition = { 'If-Match': headers.get('etag') ?? '' };
  const first = await send('PATCH', path(), { port: 6000 }, condition);
  const again = await send('PATCH', path(), { port: 6000 }, condition);
  expect([first.status, again.status, again.text]).toEqual([200, 200, first.text]);
});

test('twenty PATCHes of a password at once with one key are one change', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => await send('PATCH', path(), { password: 'new' })),
  );
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(await auditOf(api, database.id)).toHaveLength(2);
});

test('a PATCH that changes nothing is remembered too', async () => {
  await send('PATCH', path(), {});
  expect((await send('PATCH', path(), { port: 6000 })).status).toBe(409);
});

test.each(['database', 'project'])(
  'a restore of a %s that is sent again gets its first answer, not a 409',
  async (kind) => {
    const target = kind === 'database' ? path() : `/v1/projects/${projectId}`;
    await api.send('DELETE', target, { as: owner });
    const first = await send('POST', `${target}/restore`);
    const again = await send('POST', `${target}/restore`);
    expect([first.status, again.status, again.text]).toEqual([200, 200, first.text]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  },
);

test('a PATCH of a project that is sent again is not carried out again', async () => {
  const target = `/v1/projects/${projectId}`;
  const first = await send('PATCH', target, { name: 'first' });
  await api.send('PATCH', target, { as: owner, body: { name: 'second' } });
  expect((await send('PATCH', target, { name: 'first' })).text).toBe(first.text);
});

describe('a refused request leaves no record, and its key can be used:', () => {
  test.each([
    ['400', async () => await send('POST', databases(), { ...databaseInput(), port: 0 })],
    [
      '400',
      async () => await send('POST', databases(), databaseInput({ pool_config: { min_pool_size: 11 } })),
    ],
    ['400', async () => await send('POST', databases(), databaseInput({ pool_region: 'mars-1' }))],
    ['404', async () => await send('POST', `/v1/projects/${newId('prj')}/databases`, databaseInput())],
    ['404', async () => await send('PATCH', `${databases()}/${newId('db')}`, { port: 1 })],
    ['403', async () => await send('POST', '/v1/projects', projectInput('org_of_others'))],
    ['409', async () => await send('POST', `${path()}/restore`)],
    ['412', async () => await send('PATCH', path(), { port: 1 }, { 'If-Match': '"other"' })],
  ])('%s %#', async (status, refused) => {
    expect(String((await refused()).status)).toBe(status);
    expect(await records()).toEqual([]);
    expect((await send('POST', databases(), databaseInput())).status).toBe(201);
  });

  test('403 for a weak role', async () => {
    const headers = { 'Idempotency-Key': key };
    const answer = await api.send('POST', databases(), { as: viewer, body: databaseInput(), headers });
    expectRefusal(answer, { code: 'FORBIDDEN' });
    expect(await records()).toEqual([]);
  });
});

describe('the form of a key', () => {
  test.each(['x', 'k'.repeat(255), '3F0C1C7E-6A55-4CF5-9A83-0F0F5A4B7B11', '!"#$%&~'])(
    '%s is taken',
    async (form) => {
      const answer = await send('POST', databases(), databaseInput(), { 'Idempotency-Key': form });
      expect(answer.status).toBe(201);
    },
  );

  test.each([
    ['empty', ''],
    ['over 255 characters', 'k'.repeat(256)],
    ['with a space', 'a b'],
    ['with a tab', 'a\tb'],
    ['not ASCII', 'k\u00e9y'],
  ])('%s is refused by name, and nothing happens', async (_what, form) => {
    const answer = await send('POST', databases(), databaseInput(), { 'Idempotency-Key': form });
    expect(answer.status).toBe(400);
    expectRefusal(answer, { code: 'INVALID_INPUT', field: 'Idempotency-Key' });
    expect(await rows(api, 'select id from databases where project_id = $1', [projectId])).toHaveLength(1);
  });
});
