import type { CreatedProject, Project } from '@headgate/schema';
import { projectInput, type TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { MINUTE_MS, auditOf, expectRefusal, rows, tokenFor } from './support.ts';

let api: TestApi;
let owner: TestActor;
let project: Project;
beforeAll(async () => {
  api = await startTestApi();
  ({ owner } = await api.createOrganization());
});
afterAll(async () => await api.close());
beforeEach(async () => {
  const body = projectInput(owner.orgId, { description: 'The shop', tags: ['b', 'a'] });
  ({ project } = (await api.send<CreatedProject>('POST', '/v1/projects', { as: owner, body })).body);
});

const path = () => `/v1/projects/${project.id}`;
const patch = async (body: unknown) => await api.send<Project>('PATCH', path(), { as: owner, body });
const read = async () => await api.send<Project>('GET', path(), { as: owner });

test('what is given changes, what is left out stays, and a read tells the same', async () => {
  api.clock.advance(1_000);
  const { status, body } = await patch({ name: 'store', status: 'suspended' });
  expect(status).toBe(200);
  expect(body).toEqual({
    ...project,
    name: 'store',
    status: 'suspended',
    updated_at: api.clock.now().toISOString(),
  });
  expect((await read()).body).toEqual(body);
});

test('an audit entry tells what changed, and nothing else', async () => {
  await patch({ name: 'store', description: 'The shop' });
  const [, entry] = await auditOf(api, project.id);
  expect(entry).toMatchObject({
    action: 'project.update',
    before: { name: project.name },
    after: { name: 'store' },
  });
  expect(Object.keys(entry?.after ?? {})).toEqual(['name']);
});

test('description "" unsets it', async () => {
  const { body } = await patch({ description: '' });
  expect(body).not.toHaveProperty('description');
  expect((await read()).body).not.toHaveProperty('description');
});

test('tags null clears them; tags are replaced as a whole and keep their order', async () => {
  expect((await patch({ tags: ['z', 'y', 'b'] })).body.tags).toEqual(['z', 'y', 'b']);
  const { body } = await patch({ tags: null });
  expect(body).not.toHaveProperty('tags');
  expect((await patch({ tags: [] })).body.tags).toEqual([]);
});

test('status "" changes nothing', async () => {
  await patch({ status: 'suspended' });
  expect((await patch({ status: '', name: 'store' })).body).toMatchObject({
    status: 'suspended',
    name: 'store',
  });
});

test('what clients send back of the read-only fields is ignored, whatever it is', async () => {
  const { status, body } = await patch({
    ...{ id: 'prj_other', org_id: 'org_other', cloud: 'gcp', self_hosted: true, proxy_host: 'evil.example' },
    ...{
      queries_per_second: 1,
      burst_size: 2,
      max_connections: 3,
      database_count: 99,
      active_connections: null,
    },
    ...{ created_at: '', updated_at: {}, name: 'store' },
  });
  expect(status).toBe(200);
  expect(body).toEqual({ ...project, name: 'store', updated_at: body.updated_at });
});

describe('every read-only field is ignored, whatever its value', () => {
  const FIELDS = [
    ...['id', 'org_id', 'cloud', 'self_hosted', 'proxy_host', 'queries_per_second', 'burst_size'],
    ...['max_connections', 'database_count', 'active_connections', 'created_at', 'updated_at'],
  ];
  test.each(FIELDS)('%s', async (field) => {
    const before = await read();
    for (const value of [null, '', 'x', 0, -1, 1.5, 2 ** 53, true, [], {}, { id: 'x' }, [null]]) {
      const alone = await patch({ [field]: value });
      expect([alone.status, alone.body], JSON.stringify(value)).toEqual([200, project]);
      expect(alone.headers.get('etag')).toBe(before.headers.get('etag'));
    }
    const { body } = await patch({ [field]: 'x', name: 'store' });
    expect(body).toEqual({ ...project, name: 'store' });
  });
});

test('the forms that clear and those that change nothing do so together', async () => {
  await patch({ allowed_cidrs: ['10.0.0.5'], status: 'suspended' });
  const { description: _, tags: __, ...bare } = project;
  const { status, body } = await patch({ description: '', tags: null, allowed_cidrs: null, status: '' });
  expect(status).toBe(200);
  expect(body).toEqual({ ...bare, status: 'suspended' });
  expect((await read()).body).toEqual(body);
  const [row] = await rows(
    api,
    'select description, tags, allowed_cidrs, status from projects where id = $1',
    [project.id],
  );
  expect(row).toEqual({ description: null, tags: null, allowed_cidrs: null, status: 'suspended' });
  const again = await patch({ description: '', tags: null, allowed_cidrs: null, status: '' });
  expect(again.body).toEqual(body);
  expect(await auditOf(api, project.id)).toHaveLength(3);
});

test('a project as it was read can be sent back whole', async () => {
  expect((await patch(project)).body).toEqual(project);
});

describe('a PATCH that changes nothing leaves no trace', () => {
  test.each([
    ['nothing', () => ({})],
    [
      'the same values',
      () => ({ name: project.name, description: 'The shop', tags: ['b', 'a'], status: 'active' }),
    ],
    ['no-change forms', () => ({ status: '' })],
    ['read-only fields', () => ({ cloud: 'gcp', database_count: 5 })],
  ])('%s', async (_what, body) => {
    const before = await read();
    api.clock.advance(1_000);
    const answer = await patch(body());
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(project);
    expect(answer.headers.get('etag')).toBe(before.headers.get('etag'));
    expect((await read()).body).toEqual(project);
    expect(await auditOf(api, project.id)).toHaveLength(1);
    expect(await rows(api, 'select version from projects where id = $1', [project.id])).toEqual([
      { version: 1 },
    ]);
  });
});

describe('is refused by name', () => {
  test.each([
    ['status', { status: 'deleted' }],
    ['status', { status: null }],
    ['name', { name: '' }],
    ['name', { name: null }],
    ['description', { description: null }],
    ['tags[0]', { tags: [null] }],
    ['title', { title: 'x' }],
  ])('%s in %j', async (field, body) => {
    expectRefusal(await patch(body), { code: 'INVALID_INPUT', field });
    expect((await read()).body).toEqual(project);
  });
});

test('time never runs backwards in a row, even when the clock of another instance was ahead', async () => {
  api.clock.advance(10 * MINUTE_MS);
  const { body: ahead } = await patch({ name: 'ahead' });
  api.clock.advance(-10 * MINUTE_MS);
  const token = await tokenFor(api, owner);
  const behind = await api.send<Project>('PATCH', path(), { token, body: { name: 'behind' } });
  expect(behind.status).toBe(200);
  expect(behind.body.updated_at).toBe(ahead.updated_at);
});
