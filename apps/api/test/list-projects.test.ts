import type { CreatedProject, ProjectList } from '@headgate/schema';
import { databaseInput, projectInput, type TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { expectRefusal } from './support.ts';

let api: TestApi;
let owner: TestActor;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => await api.close());
beforeEach(async () => {
  ({ owner } = await api.createOrganization());
});

const list = async (query = '') =>
  await api.send<ProjectList>('GET', `/v1/projects?org_id=${owner.orgId}${query}`, { as: owner });
const create = async (name: string, over = {}) => {
  const body = projectInput(owner.orgId, { name, ...over });
  return (await api.send<CreatedProject>('POST', '/v1/projects', { as: owner, body })).body.project;
};

test('an organization without projects has an empty list, a total of 0 and no next page', async () => {
  expect((await list()).body).toEqual({ projects: [], total: 0 });
});

test('the organization must be named', async () => {
  expectRefusal(await api.send('GET', '/v1/projects', { as: owner }), {
    code: 'INVALID_INPUT',
    field: 'org_id',
  });
  expectRefusal(await api.send('GET', '/v1/projects?org_id=', { as: owner }), {
    code: 'INVALID_INPUT',
    field: 'org_id',
  });
});

test('a foreign organization and one that does not exist are refused in the same words', async () => {
  const { orgId } = await api.createOrganization();
  const errors = await Promise.all(
    [orgId, 'org_missing'].map(async (id) => {
      const answer = await api.send('GET', `/v1/projects?org_id=${id}`, { as: owner });
      expect(answer.status).toBe(403);
      return expectRefusal(answer, { code: 'FORBIDDEN' }).message;
    }),
  );
  expect(errors[0]).toBe(errors[1]);
});

test('each item is as a read of it is, with the number of its databases', async () => {
  const project = await create('shop', { database: databaseInput(), tags: ['x'], description: 'y' });
  const { body } = await list();
  expect(body.projects).toEqual([project]);
  expect(body.projects[0]?.database_count).toBe(1);
});

test('total counts all that live, whatever the page', async () => {
  const projects = [await create('a'), await create('b'), await create('c')];
  const { body } = await list('&page_size=1');
  expect([body.projects.length, body.total]).toEqual([1, 3]);
  await api.send('DELETE', `/v1/projects/${projects[0]?.id}`, { as: owner });
  expect((await list()).body.total).toBe(2);
});

test('sort_by=name goes through the pages in one order, two of the same name included', async () => {
  const names = ['zeta', 'alpha', 'Beta', 'alpha', 'été', '🐘', 'a b', "o'x", 'alpha'];
  const made = [];
  for (const name of names) made.push(await create(name));
  const whole = (await list('&sort_by=name')).body.projects.map(({ id }) => id);
  expect(whole.toSorted()).toEqual(made.map(({ id }) => id).toSorted());
  for (const size of [1, 2, 4]) {
    const seen: string[] = [];
    for (let token: string | undefined = ''; token !== undefined;) {
      const page: ProjectList = (
        await list(`&sort_by=name&page_size=${size}${token && `&page_token=${token}`}`)
      ).body;
      seen.push(...page.projects.map(({ id }) => id));
      token = page.next_page_token;
    }
    expect(seen).toEqual(whole);
  }
  const sorted = (await list('&sort_by=name')).body.projects.map(({ name }) => name);
  expect(sorted.indexOf('alpha')).toBeLessThan(sorted.indexOf('zeta'));
});

test('names of the greatest length page as well', async () => {
  const ids = [];
  for (const letter of ['🐘', '"', '\\']) ids.push((await create(letter.repeat(100))).id);
  const seen: string[] = [];
  for (let token: string | undefined = ''; token !== undefined;) {
    const answer: { status: number; body: ProjectList } = await list(
      `&sort_by=name&page_size=1${token && `&page_token=${token}`}`,
    );
    expect(answer.status).toBe(200);
    seen.push(...answer.body.projects.map(({ id }) => id));
    token = answer.body.next_page_token;
  }
  expect(seen.toSorted()).toEqual(ids.toSorted());
});

test('an order that is not offered is refused by name', async () => {
  for (const order of ['updated_at', 'NAME', '']) {
    expectRefusal(await list(`&sort_by=${order}`), { code: 'INVALID_INPUT', field: 'sort_by' });
  }
});

test('the regions are those that the operator offers, the same for everyone who is known', async () => {
  const { viewer } = await api.createOrganization();
  const answers = await Promise.all(
    [owner, viewer].map(async (as) => await api.send('GET', '/v1/regions', { as })),
  );
  expect(answers[0]?.body).toMatchObject({ regions: [{ id: 'local' }, { id: 'eu-1', name: 'Europe' }] });
  expect(answers[1]?.body).toEqual(answers[0]?.body);
});
