import { newId } from '@headgate/schema';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as core from '../src/index.ts';
import { orgOf, seedProject, startCore, type Core } from './support.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const WINDOW_MS = 30 * DAY_MS;

let house: Core;
/** What a purge tells when nothing was due, of each kind that it knows. */
let nothing: core.Purged;
beforeAll(async () => {
  house = await startCore();
  nothing = await purge();
  expect(Object.values(nothing).every((count) => count === 0)).toBe(true);
});
afterAll(async () => await house.close());
beforeEach(async () => {
  await house.owner`truncate projects, databases, audit_entries, idempotency_records, organizations cascade`;
});

const purge = async () => await core.purgeExpired({ store: house.store, clock: house.clock });
const ids = async (table: string) =>
  (await house.owner`select id from ${house.owner(table)} order by id`).map((row) => String(row['id']));

/** A project with one database, both deleted so long ago. */
async function deleted(ageMs: number): Promise<{ projectId: string; databaseId: string; ctx: core.Context }> {
  const ctx = house.context();
  const { projectId, passwords } = await seedProject(ctx, 1);
  await core.deleteProject({ ctx, input: { projectId } });
  const at = new Date(house.clock.now().getTime() - ageMs);
  await house.owner`update projects set deleted_at = ${at} where id = ${projectId}`;
  await house.owner`update databases set deleted_at = ${at} where project_id = ${projectId}`;
  return { projectId, databaseId: [...passwords.keys()][0]!, ctx };
}

describe('what was deleted', () => {
  test('is purged after 30 days with its secrets, and not a moment earlier', async () => {
    const young = await deleted(WINDOW_MS - 1);
    const due = await deleted(WINDOW_MS);
    const old = await deleted(WINDOW_MS + DAY_MS);
    const sealed =
      await house.owner`select sealed_password from databases where id in ${house.owner([due.databaseId, old.databaseId])}`;
    expect(await purge()).toEqual({ ...nothing, databases: 2, projects: 2 });
    expect(await ids('databases')).toEqual([young.databaseId]);
    expect(await ids('projects')).toEqual([young.projectId]);
    const left = await house.owner`select t::text as row from databases t`;
    for (const { sealed_password: secret } of sealed)
      expect(JSON.stringify(left)).not.toContain(String(secret));
  });

  test('can be restored for exactly as long as it is not purged', async () => {
    const { projectId, ctx } = await deleted(WINDOW_MS - 1);
    house.clock.advance(1);
    await expect(core.restoreProject({ ctx, input: { projectId } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await purge()).toEqual({ ...nothing, databases: 1, projects: 1 });

    const { projectId: other, ctx: theirs } = await deleted(WINDOW_MS - 1);
    await core.restoreProject({ ctx: theirs, input: { projectId: other } });
    house.clock.advance(WINDOW_MS);
    expect(await purge()).toEqual(nothing);
  });

  test('keeps its audit entries: what was done is told for longer than what it was done to', async () => {
    const { projectId } = await deleted(WINDOW_MS);
    await purge();
    expect(
      await house.owner`select action from audit_entries where project_id = ${projectId} order by id`,
    ).toHaveLength(3);
  });

  test('is purged without touching the living beside it', async () => {
    const ctx = house.context();
    const { projectId, passwords } = await seedProject(ctx, 3);
    const [gone, ...living] = [...passwords.keys()];
    await core.deleteDatabase({ ctx, input: { projectId, databaseId: gone! } });
    house.clock.advance(WINDOW_MS);
    expect(await purge()).toEqual({ ...nothing, databases: 1 });
    expect(await ids('databases')).toEqual(living.toSorted());
    house.clock.advance(10 * WINDOW_MS);
    expect(await purge()).toMatchObject({ databases: 0, projects: 0 });
  });

  test('waits, if it is a project, until the last of its databases may go', async () => {
    const { projectId, databaseId } = await deleted(WINDOW_MS + DAY_MS);
    await house.owner`update databases set deleted_at = ${house.clock.now()} where id = ${databaseId}`;
    expect(await purge()).toEqual(nothing);
    expect(await ids('projects')).toEqual([projectId]);
    house.clock.advance(WINDOW_MS);
    expect(await purge()).toMatchObject({ databases: 1, projects: 1 });
  });

  // A restoration that was begun in the last moment of the window holds the row while the purge comes to it.
  test.each(['databases', 'projects'])(
    'stays when it is restored while the purge waits for it: %s',
    async (table) => {
      const { projectId, databaseId } = await deleted(WINDOW_MS);
      if (table === 'projects') await house.owner`delete from databases where id = ${databaseId}`;
      const id = table === 'projects' ? projectId : databaseId;
      let purging: Promise<unknown> = Promise.resolve();
      await house.owner.begin(async (sql) => {
        await sql`update projects set deleted_at = null where id = ${projectId}`;
        await sql`update databases set deleted_at = null, deleted_with_project = false where id = ${databaseId}`;
        purging = purge().catch(() => {});
        const waiting = async () =>
          (await house.owner`select from pg_locks where not granted and locktype = 'transactionid'`).length;
        await expect.poll(waiting, { timeout: 3_000 }).toBeGreaterThan(0);
      });
      await purging;
      expect(await ids(table)).toContain(id);
    },
  );
});

describe('idempotency records', () => {
  test('are purged when their 24 hours are over, and not a moment earlier', async () => {
    const key = crypto.randomUUID();
    const ctx = house.context({ idempotency: { key, request: 'r' } });
    const create = async () => await core.createProject({ ctx, input: { name: 'once', org_id: orgOf(ctx) } });
    const first = await create();
    house.clock.advance(24 * HOUR_MS - 1);
    expect(await purge()).toEqual(nothing);
    expect(await create()).toEqual({ ...first, replayed: true });
    house.clock.advance(1);
    expect(await purge()).toEqual({ ...nothing, idempotencyRecords: 1 });
    expect((await create()).replayed).toBeUndefined();
  });
});

describe('a purge', () => {
  async function fill(count: number): Promise<void> {
    const at = new Date(house.clock.now().getTime() - WINDOW_MS);
    const org = 'org_many';
    const projects = Array.from({ length: count }, () => ({
      id: newId('prj') as string,
      database: newId('db') as string,
    }));
    await house.owner`
      insert into projects (id, org_id, name, cloud, self_hosted, status, created_at, updated_at, deleted_at)
      select id, ${org}, 'n', 'aws', false, 'active', ${at}, ${at}, ${at} from unnest(${projects.map(({ id }) => id)}::text[]) id
    `;
    await house.owner`
      insert into databases (id, org_id, project_id, host, port, name, username, ssl_mode, cache_enabled, cache_ttl_seconds,
        cache_max_entries, cache_swr_seconds, pool_size, pool_min_size, pool_mode, pool_max_active, created_at, updated_at, deleted_at)
      select d, ${org}, p, '', 0, '', '', 'require', false, 0, 0, 0, 1, 1, 'session', 1, ${at}, ${at}, ${at}
      from unnest(${projects.map(({ id }) => id)}::text[], ${projects.map(({ database }) => database)}::text[]) as t(p, d)
    `;
    await house.owner`
      insert into idempotency_records (actor_kind, actor_id, key, org_id, operation, fingerprint, answer, created_at, expires_at)
      select 'user', 'u', 'key ' || i, ${org}, 'o', 'f', '{}', ${at}, ${house.clock.now()} from generate_series(1, ${count}::int) i
    `;
  }

  test('goes on until all is gone that is due, in as many batches as it takes', async () => {
    await fill(1_234);
    expect(await purge()).toEqual({
      ...nothing,
      databases: 1_234,
      projects: 1_234,
      idempotencyRecords: 1_234,
    });
    expect(await purge()).toEqual(nothing);
  });

  test('of exactly one batch ends', async () => {
    await fill(500);
    expect(await purge()).toEqual({ ...nothing, databases: 500, projects: 500, idempotencyRecords: 500 });
  });

  test('stops between two batches when the program is told to stop', async () => {
    await fill(600);
    const stopped = await core.purgeExpired({
      store: house.store,
      clock: house.clock,
      signal: AbortSignal.abort(),
    });
    expect(stopped).toEqual(nothing);
  });

  test('beside another does each thing once, and neither fails', async () => {
    await fill(1_200);
    const others = Array.from({ length: 3 }, () => core.openStore({ url: house.url, maxConnections: 1 }));
    const results = await Promise.all(
      others.map(async (store) => await core.purgeExpired({ store, clock: house.clock })),
    );
    const sum = (name: keyof core.Purged) => results.reduce((total, result) => total + result[name], 0);
    expect(sum('databases')).toBe(1_200);
    expect(sum('idempotencyRecords')).toBe(1_200);
    await purge();
    expect(await ids('projects')).toEqual([]);
    await Promise.all(others.map(async (store) => await store.close()));
  });
});
