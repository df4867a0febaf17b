import { isId, type CreatedProject } from '@headgate/schema';
import { databaseInput, projectInput } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import { auditOf, expectRefusal, rows, useApi } from './support.ts';

const { api, owner } = await useApi();

const create = async (body: unknown) =>
  await api.send<CreatedProject>('POST', '/v1/projects', { as: owner, body });
const counts = async () =>
  await rows(
    api,
    `select (select count(*) from projects)::integer as projects, (select count(*) from databases)::integer as databases,
       (select count(*) from audit_entries)::integer as entries`,
  );

test('a project alone is answered with its defaults, and without what was not set', async () => {
  const { status, body, headers } = await create({ name: 'shop', org_id: owner.orgId });
  expect(status).toBe(201);
  const { id } = body.project;
  expect(body).toEqual({
    project: {
      id,
      org_id: owner.orgId,
      name: 'shop',
      cloud: 'aws',
      self_hosted: false,
      proxy_host: `prj-${id.slice(4)}.proxy.example.com`,
      database_count: 0,
      status: 'active',
      created_at: api.clock.now().toISOString(),
      updated_at: api.clock.now().toISOString(),
    },
  });
  expect(isId('prj', id)).toBe(true);
  expect(headers.get('location')).toBe(`/v1/projects/${id}`);
});

test('a project and its primary database are made in one step, and the answer holds both', async () => {
  const { status, body } = await create(projectInput(owner.orgId, { database: databaseInput() }));
  expect(status).toBe(201);
  expect(body.project.database_count).toBe(1);
  expect(body.database?.project_id).toBe(body.project.id);
  expect(body.database?.connection_string).toContain(body.project.proxy_host);
  const path = `/v1/projects/${body.project.id}/databases/${body.database?.id}`;
  expect((await api.send('GET', path, { as: owner })).body).toEqual(body.database);
});

test('the answer carries the ETag that a read of the project carries', async () => {
  const { body, headers } = await create(projectInput(owner.orgId, { database: databaseInput() }));
  const read = await api.send('GET', `/v1/projects/${body.project.id}`, { as: owner });
  expect(headers.get('etag')).toBe(read.headers.get('etag'));
  expect(read.body).toEqual(body.project);
});

test('the project and the database each leave an audit entry, without the password', async () => {
  const database = databaseInput();
  const { body } = await create(projectInput(owner.orgId, { database }));
  const entries = [
    ...(await auditOf(api, body.project.id)),
    ...(await auditOf(api, body.database?.id ?? '')),
  ];
  expect(entries.map(({ action }) => action)).toEqual(['project.create', 'database.create']);
  expect(entries.map(({ after }) => after)).toEqual([body.project, body.database]);
  expect(JSON.stringify(entries)).not.toContain(database.password);
});

test('what is given comes back to the letter: the order of tags, line breaks of a description', async () => {
  const given = {
    description: 'First line\n\tSecond line 🐘',
    tags: ['zeta', 'Alpha', '', 'alpha', 'b c'],
    cloud: 'gcp',
    self_hosted: true,
  } as const;
  const { body } = await create(projectInput(owner.orgId, { ...given, tags: [...given.tags] }));
  expect(body.project).toMatchObject(given);
});

test('an empty description is none, and empty tags are a list without tags', async () => {
  const { status, body } = await create(projectInput(owner.orgId, { description: '', tags: [] }));
  expect(status).toBe(201);
  expect(body.project).not.toHaveProperty('description');
  expect(body.project.tags).toEqual([]);
});

describe('nothing is half-written', () => {
  test.each([
    ['database.port', { database: { ...databaseInput(), port: 0 } }],
    ['database.password', { database: { host: 'h', port: 1, name: 'n', username: 'u' } }],
    ['database.extra', { database: { ...databaseInput(), extra: 1 } }],
    ['database.pool_config.size', { database: { ...databaseInput(), pool_config: { size: 1 } } }],
    ['database', { database: null }],
    ['database', { database: 'db.example.com' }],
  ])('when %s is wrong, and the refusal names it', async (field, over) => {
    const before = await counts();
    const answer = await create({ ...projectInput(owner.orgId), ...over });
    expect(answer.status).toBe(400);
    expectRefusal(answer, { code: 'INVALID_INPUT', field });
    expect(await counts()).toEqual(before);
  });

  test('when a rule between fields of the database is broken, and the refusal names the field from the top', async () => {
    const before = await counts();
    const answer = await create(
      projectInput(owner.orgId, { database: databaseInput({ pool_config: { min_pool_size: 11 } }) }),
    );
    expect(await counts()).toEqual(before);
    expectRefusal(answer, { code: 'INVALID_INPUT', field: 'database.pool_config.min_pool_size' });
  });

  test('when the region of the database is not offered, and the refusal names the field from the top', async () => {
    const before = await counts();
    const answer = await create(
      projectInput(owner.orgId, { database: databaseInput({ pool_region: 'mars-1' }) }),
    );
    expect(await counts()).toEqual(before);
    expectRefusal(answer, { code: 'INVALID_INPUT', field: 'database.pool_region' });
  });

  test('when the organization is not one of the caller', async () => {
    const before = await counts();
    const answer = await create(projectInput('org_of_others', { database: databaseInput() }));
    expect(answer.status).toBe(403);
    expectRefusal(answer, { code: 'FORBIDDEN' });
    expect(await counts()).toEqual(before);
  });
});

describe('a limit is kept on both sides', () => {
  test.each([
    ['name', '🐘'.repeat(100)],
    ['description', '🐘'.repeat(500)],
    ['tags', Array.from({ length: 10 }, () => '🐘'.repeat(50))],
  ])('%s at its limit is taken', async (field, value) => {
    const { status, body } = await create({ ...projectInput(owner.orgId), [field]: value });
    expect(status).toBe(201);
    expect(body.project).toMatchObject({ [field]: value });
  });

  test.each([
    ['name', '', 'name'],
    ['name', '🐘'.repeat(101), 'name'],
    ['name', 'a\nb', 'name'],
    ['name', undefined, 'name'],
    ['org_id', undefined, 'org_id'],
    ['org_id', '', 'org_id'],
    ['description', '🐘'.repeat(501), 'description'],
    ['description', 'a\u0000b', 'description'],
    ['description', null, 'description'],
    ['tags', Array.from({ length: 11 }, () => 'x'), 'tags'],
    ['tags', ['x'.repeat(51)], 'tags[0]'],
    ['tags', ['ok', null], 'tags[1]'],
    ['tags', 'x', 'tags'],
    ['tags', null, 'tags'],
    ['cloud', 'ibm', 'cloud'],
    ['self_hosted', 'no', 'self_hosted'],
    ['status', 'active', 'status'],
  ])('%s beyond it is refused by name %#', async (field, value, named) => {
    const answer = await create({ ...projectInput(owner.orgId), [field]: value });
    expect(answer.status).toBe(400);
    expectRefusal(answer, { code: 'INVALID_INPUT', field: named });
  });
});
