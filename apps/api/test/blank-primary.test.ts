import type { CreatedProject, Database, Project } from '@headgate/schema';
import { databaseInput, projectInput } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import { auditOf, expectRefusal, rows, useApi } from './support.ts';

const BLANK = { host: '', port: 0, name: '', username: '' } as const;

const { api, owner } = await useApi();

const create = async (database: unknown) =>
  await api.send<CreatedProject>('POST', '/v1/projects', {
    as: owner,
    body: { ...projectInput(owner.orgId), database },
  });

async function blankPrimary() {
  const { body } = await create(BLANK);
  const path = `/v1/projects/${body.project.id}/databases/${body.database?.id}`;
  return {
    path,
    ...body,
    patch: async (changes: object) => await api.send<Database>('PATCH', path, { as: owner, body: changes }),
  };
}

test('the all-blank form makes a real database with an id, which is not configured and has no connection string', async () => {
  const { status, body } = await create(BLANK);
  expect(status).toBe(201);
  expect(body.project.database_count).toBe(1);
  expect(body.database).toMatchObject({ ...BLANK, project_id: body.project.id, ssl_mode: 'verify-full' });
  expect(body.database).not.toHaveProperty('connection_string');
  expect(body.database?.pool_config).toEqual({
    pool_size: 10,
    min_pool_size: 1,
    pool_mode: 'session',
    max_active: 200,
  });
});

describe('any other blank field is an error', () => {
  test.each([
    ['one field filled in', { ...BLANK, host: 'db.example.com' }],
    ['a port', { ...BLANK, port: 5432 }],
    ['an empty password', { ...BLANK, password: '' }],
    ['a password', { ...BLANK, password: 'secret' }],
    ['a setting', { ...BLANK, ssl_mode: 'require' }],
    ['a pool configuration', { ...BLANK, pool_config: {} }],
    ['a field left out', { host: '', port: 0, name: '' }],
    ['a null', { ...BLANK, username: null }],
    ['a port as a string', { ...BLANK, port: '0' }],
    ['nothing at all', {}],
    ['blanks beside a password', { ...databaseInput(), name: '' }],
  ])('%s', async (_what, database) => {
    const answer = await create(database);
    expect(answer.status).toBe(400);
    expect(expectRefusal(answer, { code: 'INVALID_INPUT' }).details?.[0]?.field).toMatch(/^database\./);
  });

  test('createDatabase does not take the blank form', async () => {
    const { id } = await api.createProject(owner);
    const answer = await api.send('POST', `/v1/projects/${id}/databases`, { as: owner, body: BLANK });
    expectRefusal(answer, { code: 'INVALID_INPUT', field: 'host' });
  });
});

test('half of a connection completes nothing: each missing field is named and nothing is written', async () => {
  const { patch, path, database } = await blankPrimary();
  const { password: _, ...half } = databaseInput();
  expectRefusal(await patch(half), { code: 'INVALID_INPUT', field: 'password' });
  const error = expectRefusal(await patch({ host: 'db.example.com', port: 5432 }), {
    code: 'INVALID_INPUT',
    field: 'name',
  });
  expect(error.details?.map(({ field }) => field)).toEqual(['name', 'username', 'password']);
  expectRefusal(await patch({ password: 'secret' }), { code: 'INVALID_INPUT', field: 'host' });
  expect((await api.send('GET', path, { as: owner })).body).toEqual(database);
});

test('PATCH completes it in one step, and then it has a connection string', async () => {
  const { patch, path, project, database } = await blankPrimary();
  const { status, body } = await patch({
    ...databaseInput({ username: 'app', name: 'shop' }),
    ssl_mode: 'require',
  });
  expect(status).toBe(200);
  expect(body.id).toBe(database?.id);
  expect(body.connection_string).toBe(`postgresql://app:YOUR_PASSWORD@${project.proxy_host}:6432/shop`);
  expect((await api.send('GET', path, { as: owner })).body).toEqual(body);
  const [row] = await rows<{ sealed_password: string | null }>(
    api,
    'select sealed_password from databases where id = $1',
    [body.id],
  );
  expect(row?.sealed_password).toBeTruthy();
});

test('its settings can be changed before it is configured', async () => {
  const { patch } = await blankPrimary();
  const { status, body } = await patch({ pool_config: { pool_size: 20 }, ssl_mode: 'require' });
  expect(status).toBe(200);
  expect(body).toMatchObject({ ...BLANK, ssl_mode: 'require', pool_config: { pool_size: 20 } });
});

test('a configured database cannot be made blank again', async () => {
  const { id } = await api.createProject(owner);
  const database = await api.createDatabase(owner, id);
  const answer = await api.send('PATCH', `/v1/projects/${id}/databases/${database.id}`, {
    as: owner,
    body: BLANK,
  });
  expectRefusal(answer, { code: 'INVALID_INPUT', field: 'host' });
});

test('it is counted, listed, deleted and restored like any other', async () => {
  const { path, project, database } = await blankPrimary();
  expect((await api.send('DELETE', path, { as: owner })).status).toBe(204);
  expect(
    (await api.send<Project>('GET', `/v1/projects/${project.id}`, { as: owner })).body.database_count,
  ).toBe(0);
  const restored = await api.send<Database>('POST', `${path}/restore`, { as: owner });
  expect(restored.body).toEqual(database);
  expect((await auditOf(api, database?.id ?? '')).map(({ action }) => action)).toEqual([
    'database.create',
    'database.delete',
    'database.restore',
  ]);
});
