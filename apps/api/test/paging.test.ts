import type { DatabaseList, ProjectList } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './harness.ts';
import { expectRefusal } from './support.ts';

let api: TestApi;
let owner: TestActor;
let projectId: string;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => await api.close());
beforeEach(async () => {
  api.clock.tick(0);
  ({ owner } = await api.createOrganization());
  ({ id: projectId } = await api.createProject(owner));
});

interface Page {
  readonly ids: string[];
  readonly next: string | undefined;
}

/** Two lists that are paged alike: what a page of each holds, and how an item of each comes and goes. */
const LISTS = {
  databases: {
    page: async (query: string): Promise<Page> => {
      const { body } = await get<DatabaseList>(`/v1/projects/${projectId}/databases?${query}`);
      return { ids: body.databases.map(({ id }) => id), next: body.next_page_token };
    },
    add: async () => (await api.createDatabase(owner, projectId)).id,
    remove: async (id: string) =>
      await api.send('DELETE', `/v1/projects/${projectId}/databases/${id}`, { as: owner }),
  },
  projects: {
    page: async (query: string): Promise<Page> => {
      const { body } = await get<ProjectList>(`/v1/projects?org_id=${owner.orgId}&${query}`);
      return {
        ids: body.projects.map(({ id }) => id).filter((id) => id !== projectId),
        next: body.next_page_token,
      };
    },
    add: async () => (await api.createProject(owner)).id,
    remove: async (id: string) => await api.send('DELETE', `/v1/projects/${id}`, { as: owner }),
  },
};
type List = (typeof LISTS)['databases'];

async function get<B>(path: string) {
  const answer = await api.send<B>('GET', path, { as: owner });
  expect(answer.status, answer.text).toBe(200);
  return answer;
}

/** All pages, with something that happens between two of them. */
async function walk(
  list: List,
  size: number,
  between: () => Promise<void> = async () => {},
): Promise<string[]> {
  const seen: string[] = [];
  for (let token: string | undefined = ''; token !== undefined;) {
    const { ids, next } = await list.page(`page_size=${size}${token && `&page_token=${token}`}`);
    seen.push(...ids);
    if (next !== undefined) {
      expect(next).toMatch(/^[a-zA-Z0-9_.-]+$/);
      await between();
    }
    token = next;
  }
  return seen;
}

async function addMany(list: List, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(await list.add());
  return ids;
}

/** Numbers that look random and are the same in every run (the constants of Numerical Recipes). */
function numbers(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe.each(Object.keys(LISTS) as (keyof typeof LISTS)[])('the list of %s', (name) => {
  const list = LISTS[name];

  test('is newest first, and the last page has no token', async () => {
    api.clock.tick(1);
    const made = await addMany(list, 5);
    const first = await list.page('page_size=3');
    expect(first.ids).toEqual(made.toReversed().slice(0, 3));
    expect(first.next).toBeDefined();
    expect(await walk(list, 3)).toEqual(made.toReversed());
    expect((await list.page('page_size=100')).next).toBeUndefined();
  });

  test('loses and repeats nothing of what was made at one time by the clock', async () => {
    const made = await addMany(list, 7);
    for (const size of [1, 2, 3, 7]) expect((await walk(list, size)).toSorted()).toEqual(made.toSorted());
  });

  test('has a page of 20 unless another size is asked for', async () => {
    await addMany(list, 22);
    const { ids, next } = await list.page('');
    expect(ids.length).toBeGreaterThanOrEqual(19);
    expect(ids.length).toBeLessThanOrEqual(20);
    expect(next).toBeDefined();
  });

  test('goes on behind an item that was deleted after its page was read', async () => {
    api.clock.tick(1);
    const made = await addMany(list, 5);
    const { ids, next } = await list.page('page_size=2');
    for (const id of ids) await list.remove(id);
    const rest = await list.page(`page_size=100&page_token=${next}`);
    expect([...ids, ...rest.ids]).toEqual(made.toReversed());
  });

  test.each([1, 2, 3])(
    'holds what was there all the time exactly once, while others come and go (%i)',
    async (seed) => {
      const below = numbers(seed);
      const size = 1 + below(4);
      const old = await addMany(list, 12);
      api.clock.tick(below(2));
      const mayGo = new Set(old.filter((_, index) => index % 3 === 0));
      const stays = old.filter((id) => !mayGo.has(id));
      const seen = await walk(list, size, async () => {
        const [victim] = mayGo;
        if (victim !== undefined && below(2) === 0) {
          mayGo.delete(victim);
          await list.remove(victim);
        }
        if (below(2) === 0) await list.add();
      });
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((id) => stays.includes(id)).toSorted()).toEqual(stays.toSorted());
    },
  );
});

describe('what a page cannot be asked by is refused by name', () => {
  const path = () => `/v1/projects/${projectId}/databases`;
  const refuse = async (query: string, field: string) => {
    for (const list of [`${path()}?`, `/v1/projects?org_id=${owner.orgId}&`]) {
      const answer = await api.send('GET', `${list}${query}`, { as: owner });
      expect(answer.status).toBe(400);
      expectRefusal(answer, { code: 'INVALID_INPUT', field });
    }
  };

  test.each([
    '0',
    '101',
    '-1',
    '1.5',
    '1e1',
    'ten',
    '',
    ' 5',
    '0x10',
    '99999999999999999999',
    '٣',
    '5&page_size=6',
  ])('page_size=%s', async (size) => await refuse(`page_size=${size}`, 'page_size'));

  test.each(['1', '100'])('but page_size=%s is taken', async (size) => {
    expect((await api.send('GET', `${path()}?page_size=${size}`, { as: owner })).status).toBe(200);
  });

  const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const ID = 'db_01h455vb4pex5vsknk084sn02q';
  const orders = (key: unknown, id: unknown = ID) => [
    token(['databases by created_at', key, id]),
    token(['projects by created_at', key, id]),
  ];
  test.each([
    ['junk', ['abc', 'e30', 'bnVsbA']],
    ['no token at all', ['a b', 'a/b', 'a%00b', 'é']],
    ['too long', ['a'.repeat(1025)]],
    ['an unknown order', [token(['databases by name', '2026-01-01T00:00:00.000Z', ID])]],
    ['the wrong shape', [token([]), token({}), token(['databases by created_at', 1, 2]), token('x')]],
    ['no time', orders('yesterday')],
    ['a time before all calendars', orders('-271821-04-20T00:00:00.000Z')],
    ['a time after all calendars', orders('+275760-09-13T00:00:00.000Z')],
    ['NUL in its id', orders('2026-01-01T00:00:00.000Z', 'db_\u0000')],
    ['an unpaired surrogate in its id', orders('2026-01-01T00:00:00.000Z', 'db_\ud800')],
  ])('a page_token that is %s', async (_what, tokens) => {
    for (const each of tokens) await refuse(`page_token=${each}`, 'page_token');
  });

  test.each(['\u0000', '\ud800'])('a page_token by name that holds %j', async (key) => {
    const query = `sort_by=name&page_token=${token(['projects by name', key, ID])}`;
    expectRefusal(await api.send('GET', `/v1/projects?org_id=${owner.orgId}&${query}`, { as: owner }), {
      code: 'INVALID_INPUT',
      field: 'page_token',
    });
  });

  test('a page_token of another list, or of another order of the same', async () => {
    await addMany(LISTS.databases, 2);
    await addMany(LISTS.projects, 2);
    const { next: ofDatabases } = await LISTS.databases.page('page_size=1');
    const { next: ofProjects } = await LISTS.projects.page('page_size=1');
    for (const target of [
      `${path()}?page_token=${ofProjects}`,
      `/v1/projects?org_id=${owner.orgId}&page_token=${ofDatabases}`,
      `/v1/projects?org_id=${owner.orgId}&sort_by=name&page_token=${ofProjects}`,
    ]) {
      expectRefusal(await api.send('GET', target, { as: owner }), {
        code: 'INVALID_INPUT',
        field: 'page_token',
      });
    }
  });

  test('an unknown parameter', async () => {
    await refuse('limit=5', 'limit');
    await refuse('page_size=5&offset=3', 'offset');
  });
});
