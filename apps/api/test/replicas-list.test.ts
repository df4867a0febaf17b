import type { Replica, ReplicaList } from '@headgate/schema';
import { beforeEach, describe, expect, test } from 'vitest';
import { expectRefusal, rows, useProject } from './support.ts';

const { api, owner, projectId } = await useProject();
const setLimit = async (orgId: string, limit: number) =>
  await api.store.transact({ tenants: [orgId] }, async (tx) => {
    await tx.run({
      compile: () => ({
        sql: `insert into organizations (org_id, max_replicas_per_database) values ($1, $2)
          on conflict (org_id) do update set max_replicas_per_database = excluded.max_replicas_per_database`,
        parameters: [orgId, limit],
      }),
    } as never);
  });
await setLimit(owner.orgId, 2_000);

let databaseId: string;
beforeEach(async () => {
  api.clock.tick(0);
  ({ id: databaseId } = await api.createDatabase(owner, projectId));
});

const path = () => `/v1/databases/${databaseId}/replicas`;
const list = async (query = '') => await api.send<ReplicaList>('GET', `${path()}${query}`, { as: owner });
const idsOf = ({ body }: { body: ReplicaList }) => body.replicas.map(({ id }) => id);
const add = async () =>
  (await api.send<Replica>('POST', path(), { as: owner, body: { host: 'r.example.com', port: 1 } })).body.id;
async function addMany(count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(await add());
  return ids;
}

async function walk(size: number, between: () => Promise<void> = async () => {}): Promise<string[]> {
  const seen: string[] = [];
  for (let token: string | undefined = ''; token !== undefined;) {
    const answer = await list(`?page_size=${size}${token && `&page_token=${token}`}`);
    expect(answer.status, answer.text).toBe(200);
    seen.push(...idsOf(answer));
    token = answer.body.next_page_token;
    if (token !== undefined) expect(token).toMatch(/^[a-zA-Z0-9_.-]+$/);
    await between();
  }
  return seen;
}

describe('without page parameters', () => {
  test('a database without replicas has an empty list and no next page', async () => {
    expect((await list()).body).toEqual({ replicas: [] });
  });

  test('all are listed in one answer, newest first, more than a page of other lists holds', async () => {
    api.clock.tick(1);
    const made = await addMany(30);
    for (const query of ['', '?page_token=']) {
      const answer = await list(query);
      expect(idsOf(answer)).toEqual(made.toReversed());
      expect(answer.body.next_page_token).toBeUndefined();
    }
  });

  test('more than fit into an answer are paged, so that none is kept back in silence', async () => {
    const tenants = [owner.orgId];
    await api.store.transact({ tenants }, async (tx) => {
      const sql = `insert into replicas (id, org_id, project_id, database_id, host, port, ssl_mode, created_at, updated_at)
        select 'rep_' || lpad(i::text, 26, '0'), $1, $2, $3, 'h', 1, 'require', made, made
        from date_trunc('milliseconds', now()) made, generate_series(1, 1001) i`;
      const parameters = [owner.orgId, projectId, databaseId];
      await tx.run({ compile: () => ({ sql, parameters }) } as never);
    });
    const first = await list();
    expect(first.body.replicas).toHaveLength(1_000);
    const rest = await list(`?page_token=${first.body.next_page_token}`);
    expect(rest.body.replicas).toHaveLength(1);
    expect(rest.body.next_page_token).toBeUndefined();
    expect(new Set([...idsOf(first), ...idsOf(rest)]).size).toBe(1_001);
  });
});

describe('with page parameters', () => {
  test('pages go through all, newest first, at one time by the clock too', async () => {
    api.clock.tick(1);
    const made = await addMany(5);
    for (const size of [1, 2, 5, 100]) expect(await walk(size)).toEqual(made.toReversed());
    api.clock.tick(0);
    const more = await addMany(4);
    expect((await walk(2)).toSorted()).toEqual([...made, ...more].toSorted());
  });

  test('a page_token alone goes on with pages of 20', async () => {
    await addMany(23);
    const first = await list('?page_size=1');
    const next = await list(`?page_token=${first.body.next_page_token}`);
    expect(next.body.replicas).toHaveLength(20);
    expect(next.body.next_page_token).toBeDefined();
  });

  test('pages hold what was there all the time exactly once, while others come and go', async () => {
    const old = await addMany(9);
    const victims = old.filter((_, index) => index % 3 === 0);
    const stays = old.filter((id) => !victims.includes(id));
    const seen = await walk(2, async () => {
      const victim = victims.pop();
      if (victim !== undefined) await api.send('DELETE', `${path()}/${victim}`, { as: owner });
      await add();
    });
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => stays.includes(id)).toSorted()).toEqual(stays.toSorted());
  });

  test.each(['0', '101', '-1', '1.5', 'ten', '', ' 5', '٣', '5&page_size=6'])(
    'page_size=%s is refused by name',
    async (size) => {
      expectRefusal(await list(`?page_size=${size}`), { code: 'INVALID_INPUT', field: 'page_size' });
    },
  );

  test('a page_token that is forged, cut, changed, or of another list is refused by name', async () => {
    await addMany(3);
    const token = (await list('?page_size=1')).body.next_page_token ?? '';
    const first = databaseId;
    ({ id: databaseId } = await api.createDatabase(owner, projectId));
    const databases = await api.send<{ next_page_token: string }>(
      'GET',
      `/v1/projects/${projectId}/databases?page_size=1`,
      { as: owner },
    );
    expectRefusal(await list(`?page_token=${token}`), { code: 'INVALID_INPUT', field: 'page_token' });
    databaseId = first;
    expect((await list(`?page_token=${token}`)).status).toBe(200);
    const parts = JSON.parse(Buffer.from(token, 'base64url').toString()) as string[];
    const forge = (...values: unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url');
    for (const bad of [
      ...['abc', 'a'.repeat(1_025), 'a%20b', token.slice(0, -1), `${token}A`, databases.body.next_page_token],
      ...[forge(parts[0], parts[1]), forge('2026-01-01T00:00:00.000Z', parts[1], parts[2]), forge()],
    ]) {
      const answer = await list(`?page_token=${bad}`);
      expect(answer.status, bad).toBe(400);
      expectRefusal(answer, { code: 'INVALID_INPUT', field: 'page_token' });
    }
  });

  test('an unknown parameter is refused by name', async () => {
    expectRefusal(await list('?limit=5'), { code: 'INVALID_INPUT', field: 'limit' });
  });
});

test('a database of another one is not listed', async () => {
  const [id] = await addMany(1);
  const elsewhere = databaseId;
  ({ id: databaseId } = await api.createDatabase(owner, projectId));
  expect(idsOf(await list())).toEqual([]);
  expect(await rows(api, 'select id from replicas where database_id = $1', [elsewhere])).toEqual([{ id }]);
});
