import { newId } from '@headgate/schema';
import { createTestDatabase } from '@headgate/testing';
import type { Sql, TransactionSql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ONE_AN_ORGANIZATION,
  anotherRow,
  connectAs,
  insertRow,
  sampleRow,
  seedOrganization,
  tenantTables,
} from './support.ts';

const database = await createTestDatabase();
const owner = connectAs(database.url);
const app = connectAs(database.url, 'headgate_app');
const tables = await tenantTables(owner);

let own: Awaited<ReturnType<typeof seedOrganization>>;
let foreign: typeof own;
beforeAll(async () => {
  own = await seedOrganization(owner, tables, 'org_own');
  foreign = await seedOrganization(owner, tables, 'org_foreign');
});
afterAll(async () => {
  await Promise.all([owner.end(), app.end()]);
  await database.drop();
});

/** Runs raw SQL for these tenants and takes it back, so that the tests do not see each other's changes. */
async function behindWall<T>(
  tenants: string[] | undefined,
  work: (sql: TransactionSql) => Promise<T>,
): Promise<T> {
  const undo = new Error('undo');
  let result: { value: T } | undefined;
  await app
    .begin(async (sql) => {
      if (tenants !== undefined)
        await sql`select set_config('headgate.tenants', ${`{${tenants.join(',')}}`}, true)`;
      result = { value: await work(sql) };
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  if (result === undefined) throw new Error('the work was not done');
  return result.value;
}

/** What the owner sees, who is not held by a policy. */
async function everything(table: string): Promise<unknown[]> {
  return [...(await owner`select * from ${owner(`headgate.${table}`)} order by org_id`)];
}

/** Whether the role may do this to the table at all: what no one was granted is proved elsewhere to be refused. */
async function isGranted(sql: Sql, table: string, privilege: string): Promise<boolean> {
  const [answer] =
    await sql`select has_table_privilege('headgate_app', ${`headgate.${table}`}, ${privilege}) as granted`;
  return answer?.['granted'] === true;
}

describe.each(tables)('%s', (table) => {
  const from = () => app(`headgate.${table}`);

  test.each([
    ['before any tenant was named', undefined],
    ['for no tenant', []],
    ['for a tenant that does not exist', ['org_nobody']],
    ['for a tenant whose id is the beginning of another', ['org_', 'org_ow', 'ORG_OWN']],
  ])('shows nothing %s', async (_when, tenants) => {
    expect(await behindWall(tenants, async (sql) => await sql`select * from ${from()}`)).toHaveLength(0);
    expect(await behindWall(tenants, async (sql) => await sql`select count(*)::int from ${from()}`)).toEqual([
      { count: 0 },
    ]);
  });

  test("shows a tenant its own rows and no others', also when they are asked for by name", async () => {
    const rows = await behindWall(['org_own'], async (sql) => await sql`select org_id from ${from()}`);
    expect(rows).toEqual([{ org_id: 'org_own' }]);
    const asked = await behindWall(
      ['org_own'],
      async (sql) => await sql`select * from ${from()} where org_id = 'org_foreign'`,
    );
    expect(asked).toHaveLength(0);
  });

  test('shows a member of two organizations the rows of both', async () => {
    const both = await behindWall(
      ['org_own', 'org_foreign'],
      async (sql) => await sql`select org_id from ${from()} order by org_id`,
    );
    expect(both).toEqual([{ org_id: 'org_foreign' }, { org_id: 'org_own' }]);
  });

  test.each([
    ['another organization', ['org_own']],
    ['any organization while no tenant is named', undefined],
  ])('takes no new row for %s', async (_for, tenants) => {
    const row = anotherRow(table, foreign);
    const insertion = behindWall(tenants, async (sql) => await sql`insert into ${from()} ${sql(row)}`);
    await expect(insertion).rejects.toMatchObject({
      code: '42501',
      message: expect.stringContaining('row-level security'),
    });
  });

  test("takes a tenant's own row, so that the refusal above is for the reason that it names", async () => {
    const orgId = ONE_AN_ORGANIZATION.includes(table) ? 'org_new' : 'org_own';
    const row = anotherRow(table, { ...own, orgId });
    const added = await behindWall(
      [orgId],
      async (sql) => await sql`insert into ${from()} ${sql(row)} returning org_id`,
    );
    expect(added).toEqual([{ org_id: orgId }]);
  });

  test('lets no row be moved to another organization', async () => {
    // Refused by the policy, or for want of the privilege to update at all.
    const move = behindWall(
      ['org_own'],
      async (sql) => await sql`update ${from()} set org_id = 'org_foreign'`,
    );
    await expect(move).rejects.toMatchObject({ code: '42501' });
  });

  test.each([
    [
      'update',
      (sql: TransactionSql) => sql`update ${from()} set org_id = org_id where org_id = 'org_foreign'`,
    ],
    ['delete', (sql: TransactionSql) => sql`delete from ${from()} where org_id = 'org_foreign'`],
  ])("an %s of another organization's rows meets none", async (privilege, statement) => {
    const before = await everything(table);
    const granted = await isGranted(owner, table, privilege);
    const attempt = behindWall(['org_own'], async (sql) => (await statement(sql)).count);
    if (granted) expect(await attempt).toBe(0);
    else await expect(attempt).rejects.toMatchObject({ code: '42501' });
    expect(await everything(table)).toEqual(before);
  });

  // The key of members names the organization: there is no conflict with a foreign one.
  if (table !== 'members') {
    test('tells nothing of a foreign row through a conflict with its key', async () => {
      const [row] = await owner`select * from ${owner(`headgate.${table}`)} where org_id = 'org_foreign'`;
      const copy = { ...row, org_id: 'org_own' };
      const upsert = behindWall(
        ['org_own'],
        async (sql) => (await sql`insert into ${from()} ${sql(copy)} on conflict do nothing`).count,
      );
      // Ids are random and actors' keys their own: that an id exists is all that could be learnt, and nothing of the row.
      await expect(upsert.catch((error: { code: string }) => error.code)).resolves.toEqual(
        expect.toBeOneOf([0, '23503']),
      );
      expect(await everything(table)).toHaveLength(2);
    });
  }
});

test.each([
  ['api_keys', 'version'],
  ['audit_entries', 'position'],
])(
  'an update of %s, which the application may do of single columns, meets own rows only',
  async (table, column) => {
    const before = await everything(table);
    const foreignRows = await behindWall(
      ['org_own'],
      async (sql) =>
        (
          await sql`update ${sql(`headgate.${table}`)} set ${sql(column)} = ${sql(column)} where org_id = 'org_foreign'`
        ).count,
    );
    expect(foreignRows).toBe(0);
    expect(await everything(table)).toEqual(before);
  },
);

/** What names the database that it is of. */
const IN_DATABASES = ['replicas', 'cache_rules', 'schema_snapshots', 'replication_slots'];
const HELD = ['databases', 'custom_domains', 'api_keys', 'certificates', ...IN_DATABASES];

describe('what lies in a project', () => {
  test('is every table whose rows name one, except what outlives it', async () => {
    const held = await owner<{ name: string }[]>`
      select distinct conrelid::regclass::text as name from pg_constraint
      where contype = 'f' and connamespace = 'headgate'::regnamespace
    `;
    expect(held.map(({ name }) => name).toSorted()).toEqual(HELD.toSorted());
    const naming = await owner<{ name: string }[]>`
      select attrelid::regclass::text as name from pg_attribute
      where attrelid in (select oid from pg_class where relnamespace = 'headgate'::regnamespace and relkind = 'r')
        and attname = 'project_id'
    `;
    expect(naming.map(({ name }) => name).toSorted()).toEqual([...HELD, 'audit_entries'].toSorted());
  });

  test.each(HELD)('cannot be put under what another organization has: %s', async (table) => {
    const { projectId, databaseId } = foreign;
    const wrong = [
      { orgId: 'org_own', projectId, databaseId },
      // Under a database that is right, and a project that is not; and the other way round.
      ...(IN_DATABASES.includes(table)
        ? [
            { ...own, projectId },
            { ...own, databaseId },
          ]
        : []),
    ];
    for (const ids of wrong) {
      const row = anotherRow(table, ids);
      await expect(insertRow(owner, table, row)).rejects.toMatchObject({ code: '23503' });
      await expect(
        behindWall(
          ['org_own'],
          async (sql) => await sql`insert into ${app(`headgate.${table}`)} ${sql(row)}`,
        ),
      ).rejects.toMatchObject({ code: '23503' });
    }
  });
});

describe.each(['databases', 'replicas'])('the certificates of %s', (table) => {
  const names = ['ca_certificate_id', 'client_certificate_id'];

  test.each(names)('are of the same project, whoever asks: %s', async (column) => {
    const [theirs] = await owner`select id from headgate.certificates where org_id = 'org_foreign'`;
    const projectId = newId('prj') as string;
    await insertRow(owner, 'projects', sampleRow('projects', { orgId: 'org_own', projectId }));
    const other = sampleRow('certificates', { orgId: 'org_own', projectId });
    await insertRow(owner, 'certificates', other);
    for (const id of [theirs?.['id'], other['id'], newId('cert')]) {
      const refer = async (sql: Sql | TransactionSql) =>
        await sql`update ${sql(`headgate.${table}`)} set ${sql(column)} = ${String(id)} where org_id = 'org_own'`;
      await expect(refer(owner)).rejects.toMatchObject({ code: '23503' });
      await expect(behindWall(['org_own'], refer)).rejects.toMatchObject({ code: '23503' });
    }
    const [own] = await owner`
      select id from headgate.certificates where org_id = 'org_own' and project_id <> ${projectId}
    `;
    const set = await behindWall(
      ['org_own'],
      async (sql) =>
        await sql`update ${sql(`headgate.${table}`)} set ${sql(column)} = ${String(own?.['id'])}`,
    );
    expect(set.count).toBe(1);
    await owner`delete from headgate.certificates where project_id = ${projectId}`;
    await owner`delete from headgate.projects where id = ${projectId}`;
  });
});
