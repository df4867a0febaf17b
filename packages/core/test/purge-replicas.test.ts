import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as core from '../src/index.ts';
import { seedProject, startCore, type Core } from './support.ts';

const WINDOW_MS = 30 * 86_400_000;
const REPLICA = { host: 'replica.example.com', port: 5432 };

let house: Core;
let ctx: core.Context;
let projectId: string;
let databaseId: string;
beforeAll(async () => {
  house = await startCore();
});
afterAll(async () => await house.close());
beforeEach(async () => {
  await house.owner`truncate projects, databases, replicas, audit_entries, organizations cascade`;
  ctx = house.context();
  const seeded = await seedProject(ctx, 1);
  projectId = seeded.projectId;
  [databaseId = ''] = seeded.passwords.keys();
});

const purge = async () => await core.purgeExpired({ store: house.store, clock: house.clock });
const add = async () => (await core.createReplica({ ctx, input: { databaseId, replica: REPLICA } })).view.id;
const remove = async (replicaId: string) =>
  await core.deleteReplica({ ctx, input: { databaseId, replicaId } });
const ids = async () =>
  (await house.owner`select id from replicas order by id`).map((row) => String(row['id']));

describe('a replica that was deleted', () => {
  test('is purged after 30 days, not a moment earlier, and the living beside it stays', async () => {
    const living = await add();
    const old = await add();
    const young = await add();
    await remove(old);
    house.clock.advance(1);
    await remove(young);
    house.clock.advance(WINDOW_MS - 2);
    expect(await purge()).toMatchObject({ replicas: 0 });
    house.clock.advance(1);
    expect(await purge()).toMatchObject({ replicas: 1, databases: 0, projects: 0 });
    expect(await ids()).toEqual([living, young].toSorted());
    house.clock.advance(1);
    expect(await purge()).toMatchObject({ replicas: 1 });
    expect(await ids()).toEqual([living]);
  });

  test('can be restored for exactly as long as it is not purged', async () => {
    const id = await add();
    await remove(id);
    house.clock.advance(WINDOW_MS - 1);
    expect(await purge()).toMatchObject({ replicas: 0 });
    await core.restoreReplica({ ctx, input: { databaseId, replicaId: id } });
    house.clock.advance(2 * WINDOW_MS);
    expect(await purge()).toMatchObject({ replicas: 0 });
    expect(await ids()).toEqual([id]);
  });

  test('keeps its audit entries', async () => {
    const id = await add();
    await remove(id);
    house.clock.advance(WINDOW_MS);
    await purge();
    expect(await house.owner`select action from audit_entries where resource_id = ${id}`).toHaveLength(2);
  });

  // A restoration that was begun in the last moment of the window holds the row while the purge comes to it.
  test('stays when it is restored while the purge waits for it', async () => {
    const id = await add();
    await remove(id);
    house.clock.advance(WINDOW_MS);
    let purging: Promise<unknown> = Promise.resolve();
    await house.owner.begin(async (sql) => {
      await sql`update replicas set deleted_at = null where id = ${id}`;
      purging = purge();
      const waiting = async () =>
        (await house.owner`select from pg_locks where not granted and locktype = 'transactionid'`).length;
      await expect.poll(waiting, { timeout: 3_000 }).toBeGreaterThan(0);
    });
    await purging;
    expect(await ids()).toEqual([id]);
  });

  // The clock of another instance may be ahead: its purge comes to what this one would still restore.
  test('is not told to be back when the purge of another instance was first', async () => {
    const id = await add();
    await remove(id);
    let restoring: Promise<unknown> = Promise.resolve();
    await house.owner.begin(async (sql) => {
      await sql`delete from replicas where id = ${id}`;
      restoring = core
        .restoreReplica({ ctx, input: { databaseId, replicaId: id } })
        .catch((error: unknown) => error);
      const waiting = async () =>
        (await house.owner`select from pg_locks where not granted and locktype = 'transactionid'`).length;
      await expect.poll(waiting, { timeout: 3_000 }).toBeGreaterThan(0);
    });
    expect(await restoring).toMatchObject({ code: 'NOT_FOUND' });
    expect(await house.owner`select action from audit_entries where resource_id = ${id}`).toHaveLength(2);
  });
});

test('the replicas of a database that is purged go with it, the living ones too', async () => {
  const gone = await add();
  await add();
  await remove(gone);
  house.clock.advance(1);
  await core.deleteProject({ ctx, input: { projectId } });
  house.clock.advance(WINDOW_MS - 1);
  expect(await purge()).toMatchObject({ replicas: 1, databases: 0, projects: 0 });
  house.clock.advance(1);
  expect(await purge()).toMatchObject({ databases: 1, projects: 1 });
  expect(await ids()).toEqual([]);
});

test('more replicas than fit into a batch are purged in as many as it takes', async () => {
  await house.owner`
    insert into replicas (id, org_id, project_id, database_id, host, port, ssl_mode, created_at, updated_at, deleted_at)
    select 'rep_' || lpad(i::text, 26, '0'), d.org_id, d.project_id, d.id, 'h', 1, 'require', d.created_at, d.created_at,
      ${house.clock.now()}
    from databases d, generate_series(1, 1234) i
  `;
  house.clock.advance(WINDOW_MS);
  expect(await purge()).toMatchObject({ replicas: 1_234 });
  expect(await ids()).toEqual([]);
});
