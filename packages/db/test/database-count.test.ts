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

let projectId: string;
beforeEach(async () => {
  await owner`truncate headgate.projects, headgate.organizations cascade`;
  projectId = await addProject();
});
afterAll(async () => {
  await Promise.all([owner, app, other, maintenance].map(async (sql) => await sql.end()));
  await database.drop();
});

async function addProject(orgId = 'org_a'): Promise<string> {
  const id = newId('prj') as string;
  await insertRow(owner, 'projects', sampleRow('projects', { orgId, projectId: id }));
  return id;
}

const databaseRow = (over = {}, orgId = 'org_a') => sampleRow('databases', { orgId, projectId }, over);

async function addDatabase(over = {}): Promise<string> {
  const row = databaseRow(over);
  await insertRow(owner, 'databases', row);
  return String(row['id']);
}

async function counted(id = projectId): Promise<unknown> {
  const [row] = await owner`select database_count from headgate.projects where id = ${id}`;
  return row?.['database_count'];
}

/** What the store does: everything for one tenant, in one transaction. */
async function asTenant<T>(sql: Sql, orgId: string, work: (tx: TransactionSql) => Promise<T>): Promise<T> {
  return (await sql.begin(async (tx) => {
    await tx`select set_config('headgate.tenants', ${`{${orgId}}`}, true)`;
    return await work(tx);
  })) as T;
}

describe("the count of a project's databases", () => {
  test('goes with each that is made, deleted and restored, of each project by itself', async () => {
    const elsewhere = await addProject();
    const first = await addDatabase();
    await addDatabase();
    expect(await counted()).toBe(2);
    await owner`update headgate.databases set deleted_at = ${NOW} where id = ${first}`;
    expect(await counted()).toBe(1);
    await owner`update headgate.databases set deleted_at = null where id = ${first}`;
    expect([await counted(), await counted(elsewhere)]).toEqual([2, 0]);
  });

  test('stays when a database changes otherwise, also when it is deleted or living once more', async () => {
    const id = await addDatabase();
    await owner`update headgate.databases set name = 'other', deleted_at = null where id = ${id}`;
    expect(await counted()).toBe(1);
    await owner`update headgate.databases set deleted_at = ${NOW} where id = ${id}`;
    await owner`update headgate.databases set deleted_at = ${new Date()}, name = 'third' where id = ${id}`;
    expect(await counted()).toBe(0);
  });

  test('counts none that was deleted from the first, and stays when one is purged', async () => {
    const id = await addDatabase({ deleted_at: NOW });
    await addDatabase();
    expect((await maintenance`delete from headgate.databases where id = ${id}`).count).toBe(1);
    expect(await counted()).toBe(1);
  });

  test('is right after a thousand at once, made by one statement and deleted by one', async () => {
    const rows = Array.from({ length: 1000 }, () => databaseRow());
    await owner`insert into headgate.databases ${owner(rows)}`;
    expect(await counted()).toBe(1000);
    await owner`update headgate.databases set deleted_at = ${NOW} where project_id = ${projectId}`;
    expect(await counted()).toBe(0);
  });

  test('is one change of the project for all that one statement changes', async () => {
    const rows = Array.from({ length: 50 }, () => databaseRow());
    await owner`insert into headgate.databases ${owner(rows)}`;
    const changes = async (tx: TransactionSql) => {
      const [row] = await tx`
        select pg_stat_get_xact_tuples_updated('headgate.projects'::regclass)::int as changes
      `;
      return Number(row?.['changes']);
    };
    const changesBy = async (statement: (tx: TransactionSql) => Promise<unknown>) =>
      await owner.begin(async (tx) => {
        const before = await changes(tx);
        await statement(tx);
        return (await changes(tx)) - before;
      });
    const at = (time: Date | null) => async (tx: TransactionSql) =>
      await tx`update headgate.databases set deleted_at = ${time} where project_id = ${projectId}`;
    expect([await changesBy(at(NOW)), await changesBy(at(null))]).toEqual([1, 1]);
    expect(await changesBy(async (tx) => await tx`update headgate.databases set name = 'other'`)).toBe(0);
    expect(await counted()).toBe(50);
  });

  test('is taken back with the transaction that changed it', async () => {
    const undo = new Error('undo');
    const changed = owner.begin(async (sql) => {
      await sql`insert into headgate.databases ${sql(databaseRow())}`;
      throw undo;
    });
    await expect(changed).rejects.toBe(undo);
    expect(await counted()).toBe(0);
  });

  test('is that of the rows after any changes from any number of connections', async () => {
    const connections = [app, other];
    const step = fc.record({
      connection: fc.nat(connections.length - 1),
      change: fc.constantFrom('make', 'delete', 'restore', 'rename'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        await owner`truncate headgate.projects, headgate.organizations cascade`;
        projectId = await addProject();
        await Promise.all(
          steps.map(
            async ({ connection, change }) =>
              await asTenant(connections[connection]!, 'org_a', async (tx) => {
                // As every verb does that changes the count: the project is held first.
                await tx`select from headgate.projects where id = ${projectId} for no key update`;
                if (change === 'make') await tx`insert into headgate.databases ${tx(databaseRow())}`;
                else if (change === 'rename') await tx`update headgate.databases set name = 'other'`;
                else {
                  const at = change === 'delete' ? NOW : null;
                  await tx`
                    update headgate.databases set deleted_at = ${at} where id = (
                      select id from headgate.databases where (deleted_at is null) = ${change === 'delete'}
                      order by id limit 1
                    )
                  `;
                }
              }),
          ),
        );
        const [living] = await owner`
          select count(*)::int as count from headgate.databases where deleted_at is null
        `;
        expect(await counted()).toBe(living?.['count']);
      }),
      { numRuns: 25 },
    );
  });
});

describe('behind the wall', () => {
  test('a database of another organization is refused before anything is counted', async () => {
    const foreign = asTenant(
      app,
      'org_b',
      async (tx) => await tx`insert into headgate.databases ${tx(databaseRow())}`,
    );
    await expect(foreign).rejects.toMatchObject({ code: '42501' });
    expect(await counted()).toBe(0);
  });

  test('upkeep, which may not write the count, cannot remove a living database either', async () => {
    const id = await addDatabase();
    await expect(maintenance`delete from headgate.databases where id = ${id}`).rejects.toMatchObject({
      code: '42501',
    });
    expect(await counted()).toBe(1);
  });
});
