import type { CidrEntry, Project, ProjectList } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { auditOf, expectRefusal, rows } from './support.ts';

let api: TestApi;
let owner: TestActor;
let viewer: TestActor;
let project: Project;
beforeAll(async () => {
  api = await startTestApi();
  ({ owner, viewer } = await api.createOrganization());
});
afterAll(async () => await api.close());
beforeEach(async () => {
  project = await api.createProject(owner);
});

const path = () => `/v1/projects/${project.id}`;
const patch = async (allowed_cidrs: unknown, headers: Record<string, string> = {}) =>
  await api.send<Project>('PATCH', path(), { as: owner, body: { allowed_cidrs }, headers });
const read = async () => await api.send<Project>('GET', path(), { as: owner });
const stored = async () =>
  await rows(
    api,
    'select jsonb_typeof(allowed_cidrs) as type, allowed_cidrs as value, version from projects where id = $1',
    [project.id],
  );

describe('an allow-list', () => {
  test('is absent until it is set', async () => {
    expect(project).not.toHaveProperty('allowed_cidrs');
    expect(await stored()).toEqual([{ type: null, value: null, version: 1 }]);
  });

  test('comes out to the letter and in order, each entry as an object, in every answer', async () => {
    const given = [
      '10.0.0.5',
      { cidr: '2001:DB8::/32', label: 'Büro 🐘' },
      '10.0.0.5/32',
      { cidr: '0.0.0.0/0' },
      { cidr: '192.0.2.0/24', label: '' },
      '2001:0db8:0000::/48',
      '10.0.0.5',
    ];
    const expected = given.map((entry) => (typeof entry === 'string' ? { cidr: entry } : entry));
    const { status, body } = await patch(given);
    expect(status).toBe(200);
    expect(body.allowed_cidrs).toEqual(expected);
    expect((await read()).body).toEqual(body);
    const list = await api.send<ProjectList>('GET', `/v1/projects?org_id=${owner.orgId}`, { as: owner });
    expect(list.body.projects.find(({ id }) => id === project.id)).toEqual(body);
  });

  test('lies in the database as a list of objects, not as text', async () => {
    await patch(['10.0.0.5', { cidr: '::1', label: 'here' }]);
    const value = [{ cidr: '10.0.0.5' }, { cidr: '::1', label: 'here' }];
    expect(await stored()).toEqual([{ type: 'array', value, version: 2 }]);
    const kinds = `select jsonb_typeof(entry) as type from projects, jsonb_array_elements(allowed_cidrs) entry where id = $1`;
    expect(await rows(api, kinds, [project.id])).toEqual([{ type: 'object' }, { type: 'object' }]);
  });

  test('that is empty is kept as such, which is another thing than none', async () => {
    expect((await patch([])).body.allowed_cidrs).toEqual([]);
    expect(await stored()).toEqual([{ type: 'array', value: [], version: 2 }]);
    expect((await patch(null)).body).not.toHaveProperty('allowed_cidrs');
    expect(await stored()).toEqual([{ type: null, value: null, version: 3 }]);
    expect((await read()).body).not.toHaveProperty('allowed_cidrs');
  });

  test('is replaced as a whole, and stays when it is left out', async () => {
    await patch(['10.0.0.0/8', '192.0.2.1']);
    const { body } = await patch(['192.0.2.1']);
    expect(body.allowed_cidrs).toEqual([{ cidr: '192.0.2.1' }]);
    const renamed = await api.send<Project>('PATCH', path(), { as: owner, body: { name: 'x' } });
    expect(renamed.body.allowed_cidrs).toEqual([{ cidr: '192.0.2.1' }]);
  });

  test('of fifty entries with the longest labels is taken, of one more refused', async () => {
    const entry = (index: number) => ({ cidr: `192.0.2.${index}`, label: '🐘'.repeat(100) });
    const fifty = Array.from({ length: 50 }, (_, index) => entry(index));
    expect((await patch(fifty)).body.allowed_cidrs).toEqual(fifty);
    expectRefusal(await patch([...fifty, entry(50)]), { code: 'INVALID_INPUT', field: 'allowed_cidrs' });
    expect((await read()).body.allowed_cidrs).toEqual(fifty);
  });

  test('is told of in the audit log, as it was and as it is', async () => {
    await patch(['10.0.0.5']);
    await patch([{ cidr: '10.0.0.5', label: 'mine' }]);
    await patch(null);
    const log = (await auditOf(api, project.id)).slice(1);
    expect(log.map(({ action }) => action)).toEqual(Array(3).fill('project.update'));
    const first = [{ cidr: '10.0.0.5' }];
    const second = [{ cidr: '10.0.0.5', label: 'mine' }];
    expect(log.map(({ before, after }) => [before, after])).toEqual([
      [{}, { allowed_cidrs: first }],
      [{ allowed_cidrs: first }, { allowed_cidrs: second }],
      [{ allowed_cidrs: second }, {}],
    ]);
  });

  test.each<[string, unknown]>([
    ['as strings', ['10.0.0.5', '::1']],
    ['as objects', [{ cidr: '10.0.0.5' }, { cidr: '::1' }]],
  ])('that is given again %s leaves no trace', async (_how, same) => {
    const set = await patch(['10.0.0.5', '::1']);
    api.clock.advance(1_000);
    const again = await patch(same);
    expect([again.status, again.body]).toEqual([200, set.body]);
    expect(again.headers.get('etag')).toBe(set.headers.get('etag'));
    expect(await auditOf(api, project.id)).toHaveLength(2);
  });

  test('in another order or another spelling is another one', async () => {
    const set = await patch(['10.0.0.5', '::1']);
    const turned = await patch(['::1', '10.0.0.5']);
    expect(turned.headers.get('etag')).not.toBe(set.headers.get('etag'));
    expect((await patch(['::1', '10.0.0.5/32'])).body.allowed_cidrs).toEqual([
      { cidr: '::1' },
      { cidr: '10.0.0.5/32' },
    ]);
    expect(await auditOf(api, project.id)).toHaveLength(4);
  });

  test('under If-Match is set on the version that is named alone', async () => {
    const etag = (await read()).headers.get('etag') ?? '';
    expect((await patch(['10.0.0.5'], { 'If-Match': etag })).status).toBe(200);
    expect((await patch(null, { 'If-Match': etag })).status).toBe(412);
    expect((await read()).body.allowed_cidrs).toEqual([{ cidr: '10.0.0.5' }]);
  });

  test('comes back with a project that was deleted', async () => {
    const { body } = await patch(['10.0.0.5']);
    await api.send('DELETE', path(), { as: owner });
    const restored = await api.send<Project>('POST', `${path()}/restore`, { as: owner });
    expect(restored.body.allowed_cidrs).toEqual(body.allowed_cidrs);
  });

  test('is not a viewer’s to set', async () => {
    const answer = await api.send('PATCH', path(), { as: viewer, body: { allowed_cidrs: [] } });
    expectRefusal(answer, { code: 'FORBIDDEN' });
    expect((await read()).body).toEqual(project);
  });
});

test('host bits outside the prefix are refused with the form that is taken', async () => {
  const answer = await patch(['192.0.2.1', '10.1.2.3/8']);
  expect(answer.status).toBe(400);
  const error = expectRefusal(answer, { code: 'INVALID_INPUT', field: 'allowed_cidrs[1]' });
  expect(error.message).toBe('allowed_cidrs[1] must be 10.0.0.0/8: host bits are set outside the prefix.');
  expect((await patch(['192.0.2.1', '10.0.0.0/8'])).status).toBe(200);
});

describe('is refused by name, and nothing changes', () => {
  const entry = (over: object): Partial<CidrEntry>[] => [{ cidr: '10.0.0.5', ...over }];
  test.each<[string, unknown]>([
    ['allowed_cidrs', '10.0.0.5'],
    ['allowed_cidrs', { cidr: '10.0.0.5' }],
    ['allowed_cidrs', 5],
    ['allowed_cidrs', ''],
    ['allowed_cidrs[0]', ['']],
    ['allowed_cidrs[0]', [null]],
    ['allowed_cidrs[0]', [5]],
    ['allowed_cidrs[0]', [['10.0.0.5']]],
    ['allowed_cidrs[1]', ['10.0.0.5', 'example.com']],
    ['allowed_cidrs[0]', ['10.1']],
    ['allowed_cidrs[0]', ['010.0.0.1']],
    ['allowed_cidrs[0]', ['10.0.0.0/08']],
    ['allowed_cidrs[0]', ['10.0.0.0/33']],
    ['allowed_cidrs[0]', ['fe80::1%eth0']],
    ['allowed_cidrs[0]', ['::ffff:10.0.0.5']],
    ['allowed_cidrs[0].cidr', [{}]],
    ['allowed_cidrs[0].cidr', [{ label: 'x' }]],
    ['allowed_cidrs[0].cidr', entry({ cidr: null })],
    ['allowed_cidrs[0].cidr', entry({ cidr: '10.0.0.1/8' })],
    ['allowed_cidrs[0].label', entry({ label: null })],
    ['allowed_cidrs[0].label', entry({ label: 5 })],
    ['allowed_cidrs[0].label', entry({ label: 'x'.repeat(101) })],
    ['allowed_cidrs[0].label', entry({ label: 'a\nb' })],
    ['allowed_cidrs[0].label', entry({ label: '\ud800' })],
    ['allowed_cidrs[0].comment', entry({ comment: 'x' })],
  ])('%s in %j', async (field, given) => {
    const answer = await patch(given);
    expect(answer.status).toBe(400);
    expectRefusal(answer, { code: 'INVALID_INPUT', field });
    expect((await read()).body).toEqual(project);
    expect(await auditOf(api, project.id)).toHaveLength(1);
  });

  test('each wrong entry of several is named', async () => {
    const { details } = expectRefusal(await patch(['10.0.0.5', 'x', { cidr: 'y' }]), {
      code: 'INVALID_INPUT',
      field: 'allowed_cidrs[1]',
    });
    expect(details?.map(({ field }) => field)).toEqual(['allowed_cidrs[1]', 'allowed_cidrs[2].cidr']);
  });
});

test('a project is created without one: the field is not of that request', async () => {
  const body = { name: 'x', org_id: owner.orgId, allowed_cidrs: [] };
  const answer = await api.send('POST', '/v1/projects', { as: owner, body });
  expectRefusal(answer, { code: 'INVALID_INPUT', field: 'allowed_cidrs' });
});
