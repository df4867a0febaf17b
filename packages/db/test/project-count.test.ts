import { newId } from '@headgate/schema';
import { createTestDatabase } from '@headgate/testing';
import fc from 'fast-check';
import type { Sql, TransactionSql } from 'postgres';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { connectAs, insertRow, sampleRow } from './support.ts';

const database = await createTestDatabase();
const owner = connectAs(database.url);
const app = connectAs(database.url, 'headgate_app');
const other = connectAs(database.url, 'headgate_app');
const maintenance = connectAs(database.url, 'headgate_maintenance');
const NOW = new Date('2026-11-22T08:30:00Z');

beforeEach(async () => {
  await owner`truncate headgate.projects, headgate.organizations cascade`;
});
afterAll(async () => {
  await Promise.all([owner, app, other, maintenance].map(async (sql) => await sql.end()));
  await database.drop();
});

async function counts(): Promise<Record<string, number>> {
  const rows = await owner<{ org_id: string; project_count: number }[]>`
    select org_id, project_count from headgate.organizations order by org_id
  `;
  return Object.fromEntries(rows.map((row) => [row.org_id, row.project_count]));
}

async function addProject(sql: Sql, orgId = 'org_a', over = {}): Promise<string> {
  const id = newId('prj') as string;
  await insertRow(sql, 'projects', sampleRow('projects', { orgId, projectId: id }, over));
  return id;
}

/** What the store does: everything for one tenant, in one transaction. */
async function asTenant<T>(sql: Sql, orgId: string, work: (tx: TransactionSql) => Promise<T>): Promise<T> {
  return (await sql.begin(async (tx) => {
    await tx`select set_config('headgate.tenants', ${`{${orgId}}`}, true)`;
    return await work(tx);
  })) as T;
}

const projectRow = (orgId: string) => sampleRow('projects', { orgId, projectId: newId('prj') as string });

describe("the count of an organization's projects", () => {
  test('goes with each that is made, deleted and restored', async () => {
    const first = await addProject(owner);
    await addProject(owner);
    expect(await counts()).toEqual({ org_a: 2 });
    await owner`update headgate.projects set deleted_at = ${NOW} where id = ${first}`;
    expect(await counts()).toEqual({ org_a: 1 });
    await owner`update headgate.projects set deleted_at = null where id = ${first}`;
    expect(await counts()).toEqual({ org_a: 2 });
  });

  test('stays when a project changes otherwise, also when it is deleted or living once more', async () => {
    const id = await addProject(owner);
    await owner`update headgate.projects set name = 'other', deleted_at = null where id = ${id}`;
    expect(await counts()).toEqual({ org_a: 1 });
    await owner`update headgate.projects set deleted_at = ${NOW} where id = ${id}`;
    await owner`update headgate.projects set deleted_at = ${new Date()}, name = 'third' where id = ${id}`;
    expect(await counts()).toEqual({ org_a: 0 });
  });

  test('goes down when a living project is purged, and stays when a deleted one is', async () => {
    const [living, deleted] = [await addProject(owner), await addProject(owner)];
    await owner`update headgate.projects set deleted_at = ${NOW} where id = ${deleted}`;
    expect((await maintenance`delete from headgate.projects where id = ${deleted}`).count).toBe(1);
    expect(await counts()).toEqual({ org_a: 1 });
    await owner`delete from headgate.projects where id = ${living}`;
    expect(await counts()).toEqual({ org_a: 0 });
  });

  test('counts no project that was deleted from the first, and makes no row for it', async () => {
    await addProject(owner, 'org_a', { deleted_at: NOW });
    expect(await counts()).toEqual({});
  });

  test('is made for each organization by itself, also when one statement is about several', async () => {
    for (const orgId of ['org_a', 'org_b', 'org_b']) await addProject(owner, orgId);
    expect(await counts()).toEqual({ org_a: 1, org_b: 2 });
    await owner`update headgate.projects set deleted_at = ${NOW}`;
    expect(await counts()).toEqual({ org_a: 0, org_b: 0 });
    await owner`update headgate.projects set deleted_at = null where org_id = 'org_b'`;
    expect(await counts()).toEqual({ org_a: 0, org_b: 2 });
  });

  test("leaves an operator's word on the limits alone", async () => {
    await owner`insert into headgate.organizations (org_id, max_projects) values ('org_a', 7)`;
    await addProject(owner);
    expect(await owner`select project_count, max_projects from headgate.organizations`).toEqual([
      { project_count: 1, max_projects: 7 },
    ]);
  });

  test('is taken back with the transaction that changed it', async () => {
    await addProject(owner);
    const undo = new Error('undo');
    await expect(
      owner.begin(async (sql) => {
        await sql`insert into headgate.projects ${sql(projectRow('org_a'))}`;
        throw undo;
      }),
    ).rejects.toBe(undo);
    expect(await counts()).toEqual({ org_a: 1 });
  });
});

describe('behind the wall', () => {
  test('the application counts its own projects, and no other count is touched', async () => {
    await addProject(owner, 'org_b');
    await asTenant(app, 'org_a', async (tx) => {
      await tx`insert into headgate.projects ${tx(projectRow('org_a'))}`;
      await tx`insert into headgate.projects ${tx(projectRow('org_a'))}`;
    });
    expect(await counts()).toEqual({ org_a: 2, org_b: 1 });
    await asTenant(app, 'org_a', async (tx) => await tx`update headgate.projects set deleted_at = ${NOW}`);
    expect(await counts()).toEqual({ org_a: 0, org_b: 1 });
    const seen = await asTenant(
      app,
      'org_a',
      async (tx) => await tx`select org_id from headgate.organizations`,
    );
    expect(seen).toEqual([{ org_id: 'org_a' }]);
  });

  test('a project of another organization is refused before anything is counted', async () => {
    const foreign = asTenant(
      app,
      'org_a',
      async (tx) => await tx`insert into headgate.projects ${tx(projectRow('org_b'))}`,
    );
    await expect(foreign).rejects.toMatchObject({ code: '42501' });
    expect(await counts()).toEqual({});
  });

  test('upkeep, which may not write the count, cannot remove a living project either', async () => {
    const id = await addProject(owner);
    await expect(maintenance`delete from headgate.projects where id = ${id}`).rejects.toMatchObject({
      code: '42501',
    });
    expect(await counts()).toEqual({ org_a: 1 });
  });
});

describe('at once', () => {
  test('two connections that make the first projects of an organization count both', async () => {
    let second: Promise<unknown> | undefined;
    await asTenant(app, 'org_a', async (tx) => {
      await tx`insert into headgate.projects ${tx(projectRow('org_a'))}`;
      second = asTenant(
        other,
        'org_a',
        async (theirs) => await theirs`insert into headgate.projects ${theirs(projectRow('org_a'))}`,
      );
      second.catch(() => {});
      const waiting = async () =>
        (await owner`select from pg_locks where not granted and locktype = 'transactionid'`).length;
      await expect.poll(waiting, { timeout: 5_000 }).toBe(1);
    });
    await second;
    expect(await counts()).toEqual({ org_a: 2 });
  });

  test('the count is that of the rows after any changes from any number of connections', async () => {
    const connections = [app, other];
    const step = fc.record({
      connection: fc.nat(connections.length - 1),
      orgId: fc.constantFrom('org_a', 'org_b'),
      change: fc.constantFrom('make', 'delete', 'restore', 'rename'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        await owner`truncate headgate.projects, headgate.organizations cascade`;
        await Promise.all(
          steps.map(
            async ({ connection, orgId, change }) =>
              await asTenant(connections[connection]!, orgId, async (tx) => {
                if (change === 'make') await tx`insert into headgate.projects ${tx(projectRow(orgId))}`;
                else if (change === 'rename') await tx`update headgate.projects set name = 'other'`;
                else {
                  const [project] = await tx`
                    select id from headgate.projects where (deleted_at is null) = ${change === 'delete'}
                    order by id limit 1 for update
                  `;
                  const at = change === 'delete' ? NOW : null;
                  if (project)
                    await tx`update headgate.projects set deleted_at = ${at} where id = ${String(project['id'])}`;
                }
              }),
          ),
        );
        const living = await owner`
          select org_id, count(*) filter (where deleted_at is null)::int as count
          from headgate.projects group by 1 order by 1
        `;
        expect(await counts()).toEqual(
          Object.fromEntries(living.map((row) => [row['org_id'], row['count']])),
        );
      }),
      { numRuns: 25 },
    );
  });
});
