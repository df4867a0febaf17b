import type { CreatedProject, ProjectList } from '@headgate/schema';
import { databaseInput, projectInput, type TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { expectRefusal, rows } from './support.ts';

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

describe('sort_by=active_connections', () => {
  const idsOf = ({ body }: { body: ProjectList }) => body.projects.map(({ id }) => id);

  test('is the order of creation, newest first, as long as no connections are reported', async () => {
    api.clock.tick(1);
    const made = [];
    for (const name of ['b', 'c', 'a']) made.push((await create(name)).id);
    api.clock.tick(0);
    const order = '&sort_by=active_connections';
    const first = await list(`${order}&page_size=2`);
    expect(first.body.total).toBe(3);
    const rest = await list(`${order}&page_size=2&page_token=${first.body.next_page_token}`);
    expect(rest.body.next_page_token).toBeUndefined();
    expect([...idsOf(first), ...idsOf(rest)]).toEqual(made.toReversed());
    expect(idsOf(await list(order))).toEqual(idsOf(await list()));
  });

  test('has tokens that are places in no other order, and takes none of another', async () => {
    for (const name of ['a', 'b']) await create(name);
    const orders = ['created_at', 'name', 'active_connections'];
    for (const from of orders) {
      const { body } = await list(`&sort_by=${from}&page_size=1`);
      for (const to of orders) {
        const answer = await list(`&sort_by=${to}&page_size=1&page_token=${body.next_page_token}`);
        if (from === to) expect(answer.status).toBe(200);
        else expectRefusal(answer, { code: 'INVALID_INPUT', field: 'page_token' });
      }
    }
  });
});

describe('total stays the number of living projects', () => {
  const send = async (method: string, path: string, body?: object) =>
    await api.send(method, path, { as: owner, body });
  const remove = async (id: string) => await send('DELETE', `/v1/projects/${id}`);
  const restore = async (id: string) => await send('POST', `/v1/projects/${id}/restore`);
  const createMany = async (count: number) =>
    (await Promise.all(Array.from({ length: count }, async () => await create('p')))).map(({ id }) => id);
  /** Told by walking through all pages, by the list and by the rows themselves. */
  const expectQuiet = async (living: number) => {
    expect((await list('&page_size=1')).body.total).toBe(living);
    const all = await list('&page_size=100');
    expect([all.body.total, all.body.projects.length]).toEqual([living, living]);
    const count = 'select count(*)::int as n from projects where org_id = $1 and deleted_at is null';
    expect(await rows(api, count, [owner.orgId])).toEqual([{ n: living }]);
  };

  test('through twenty creations, deletions and restorations at once, and no reader sees an error meanwhile', async () => {
    const doomed = await createMany(20);
    const gone = await createMany(20);
    await Promise.all(gone.map(remove));
    await expectQuiet(20);

    const storm = new AbortController();
    const totals: number[] = [];
    const readAlong = async () => {
      while (!storm.signal.aborted) {
        const answer = await list('&page_size=100');
        expect(answer.status, answer.text).toBe(200);
        totals.push(answer.body.total);
      }
    };
    const readers = [readAlong(), readAlong()];
    const answers = await Promise.all([
      ...Array.from(
        { length: 20 },
        async () => await send('POST', '/v1/projects', projectInput(owner.orgId)),
      ),
      ...doomed.map(remove),
      ...gone.map(restore),
    ]).finally(() => {
      storm.abort();
    });
    await Promise.all(readers);

    const statuses = [201, 204, 200].flatMap((status) => Array<number>(20).fill(status));
    expect(answers.map(({ status }) => status)).toEqual(statuses);
    expect(totals.length).toBeGreaterThan(2);
    // At most what was there and all that could come, at least what was there less all that could go.
    for (const total of totals) {
      expect(total).toBeGreaterThanOrEqual(0);
      expect(total).toBeLessThanOrEqual(60);
    }
    await expectQuiet(40);
  });

  test('when the same projects are deleted and restored by many at once', async () => {
    const ids = await createMany(4);
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(
        ids.flatMap((id) => [remove(id), restore(id), remove(id), restore(id), remove(id)]),
      );
      expect(answers.every(({ status }) => [200, 204, 404, 409].includes(status))).toBe(true);
      const living = await rows(api, 'select id from projects where org_id = $1 and deleted_at is null', [
        owner.orgId,
      ]);
      await expectQuiet(living.length);
    }
  });

  test('when creations are refused, replayed or fail half-way', async () => {
    const key = { 'Idempotency-Key': crypto.randomUUID() };
    const body = projectInput(owner.orgId);
    await Promise.all(
      Array.from(
        { length: 10 },
        async () => await api.send('POST', '/v1/projects', { as: owner, body, headers: key }),
      ),
    );
    await expectQuiet(1);
    await send('POST', '/v1/projects', { ...body, database: { ...databaseInput(), pool_region: 'nowhere' } });
    await expectQuiet(1);
    const [id = ''] = (await list()).body.projects.map((project) => project.id);
    await api.send('DELETE', `/v1/projects/${id}`, { as: owner, headers: { 'If-Match': '"stale"' } });
    await expectQuiet(1);
  });
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
