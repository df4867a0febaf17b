import { createTestDatabase } from '@headgate/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { connectAs, seedOrganization, tenantTables, type Role } from './support.ts';

/** Tables that hold no rows of tenants, each with the reason. All others must stand behind the wall. */
const WITHOUT_TENANTS: Record<string, string> = {
  migrations: 'which migrations the database has had',
  migrations_lock: "the migrator's own lock",
};
const ROLES: readonly Role[] = ['headgate_app', 'headgate_maintenance'];

const database = await createTestDatabase();
const owner = connectAs(database.url);
const app = connectAs(database.url, 'headgate_app');
const maintenance = connectAs(database.url, 'headgate_maintenance');
const tables = await tenantTables(owner);
const { projectId } = await seedOrganization(owner, tables, 'org_a');

afterAll(async () => {
  await Promise.all([owner.end(), app.end(), maintenance.end()]);
  await database.drop();
});

describe('every table of the schema', () => {
  test('is a tenant table behind the wall, or is listed with its reason', async () => {
    const all = await owner<{ name: string }[]>`
      select relname as name from pg_class
      where relnamespace = 'headgate'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
    `;
    const expected = [...tables, ...Object.keys(WITHOUT_TENANTS)].toSorted();
    expect(all.map(({ name }) => name).toSorted()).toEqual(expected);
    expect(tables.length).toBeGreaterThanOrEqual(4);
  });

  test.each(tables)('%s has row-level security that is enabled and forced', async (table) => {
    const [flags] = await owner`
      select relrowsecurity, relforcerowsecurity from pg_class where oid = ${`headgate.${table}`}::regclass
    `;
    expect(flags).toEqual({ relrowsecurity: true, relforcerowsecurity: true });
  });

  test.each(tables)(
    '%s lets the application meet rows by one policy only, which asks for the tenant',
    async (table) => {
      const policies = await owner`
      select qual, with_check, cmd, permissive from pg_policies
      where schemaname = 'headgate' and tablename = ${table} and (roles && array['headgate_app', 'public']::name[])
    `;
      const condition = expect.stringMatching(
        /^\(org_id = ANY \(\(+ ?SELECT (headgate\.)?tenants\(\).*\)+$/s,
      );
      expect(policies).toEqual([
        { qual: condition, with_check: condition, cmd: 'ALL', permissive: 'PERMISSIVE' },
      ]);
    },
  );

  test.each(tables)('%s has an org_id that is never null', async (table) => {
    const [column] = await owner`
      select attnotnull from pg_attribute where attrelid = ${`headgate.${table}`}::regclass and attname = 'org_id'
    `;
    expect(column).toEqual({ attnotnull: true });
  });
});

describe.each(ROLES)('%s', (role) => {
  test('is no superuser, cannot bypass the wall, log in, or make roles and databases', async () => {
    const [attributes] = await owner`
      select rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb, rolreplication, rolinherit
      from pg_roles where rolname = ${role}
    `;
    expect(Object.values(attributes ?? { missing: true })).toEqual(Array.from({ length: 7 }, () => false));
  });

  test('owns nothing in the database', async () => {
    const owned = await owner`
      select relname from pg_class where relowner = ${role}::regrole
      union all select proname from pg_proc where proowner = ${role}::regrole
      union all select nspname from pg_namespace where nspowner = ${role}::regrole
    `;
    expect([...owned]).toEqual([]);
  });

  test('is a member of no other role, whose rights it could take', async () => {
    const [memberships] =
      await owner`select count(*)::int from pg_auth_members where member = ${role}::regrole`;
    expect(memberships).toEqual({ count: 0 });
  });

  test('has exactly the privileges that were meant for it', async () => {
    const granted = await owner<{ table_name: string; privilege: string }[]>`
      select table_name, lower(string_agg(privilege_type, ', ' order by privilege_type)) as privilege
      from information_schema.role_table_grants where grantee = ${role} and table_schema = 'headgate' group by 1 order by 1
    `;
    expect(Object.fromEntries(granted.map((grant) => [grant.table_name, grant.privilege]))).toEqual(
      role === 'headgate_app'
        ? {
            audit_entries: 'insert, select',
            databases: 'insert, select, update',
            idempotency_records: 'delete, insert, select',
            projects: 'insert, select, update',
          }
        : {
            audit_entries: 'select',
            databases: 'delete, select',
            idempotency_records: 'delete, select',
            migrations: 'select',
            projects: 'delete, select',
          },
    );
  });

  test('cannot make, alter or drop anything in the schema', async () => {
    const sql = role === 'headgate_app' ? app : maintenance;
    for (const statement of [
      'create table headgate.mine (org_id text)',
      'alter table headgate.projects disable row level security',
      'alter table headgate.projects no force row level security',
      'drop policy tenant on headgate.projects',
      'create policy open on headgate.projects using (true)',
      "create or replace function headgate.tenants() returns text[] language sql as $$ select array['org_a'] $$",
      'drop table headgate.audit_entries',
      'alter table headgate.audit_entries disable trigger all',
    ]) {
      await expect(sql.unsafe(statement), statement).rejects.toMatchObject({ code: '42501' });
    }
  });
});

describe('audit entries', () => {
  test.each(ROLES)('cannot be changed or removed by %s', async (role) => {
    const sql = role === 'headgate_app' ? app : maintenance;
    for (const statement of [
      `update headgate.audit_entries set action = 'nothing'`,
      'delete from headgate.audit_entries',
      'truncate headgate.audit_entries',
    ]) {
      await expect(sql.unsafe(statement), statement).rejects.toMatchObject({ code: '42501' });
    }
    expect(await owner`select action, project_id from headgate.audit_entries`).toEqual([
      { action: 'project.create', project_id: projectId },
    ]);
  });
});

describe('headgate_maintenance', () => {
  test('can change nothing of a database but its sealed password and the key that sealed it', async () => {
    const columns = await owner<{ name: string }[]>`
      select attname as name from pg_attribute
      where attrelid = 'headgate.databases'::regclass and attnum > 0 and not attisdropped
    `;
    for (const { name } of columns) {
      const update = maintenance.unsafe(`update headgate.databases set "${name}" = "${name}"`);
      if (name === 'sealed_password' || name === 'sealing_key_id') await update;
      else await expect(update, name).rejects.toMatchObject({ code: '42501' });
    }
  });

  test.each(tables)('can add nothing to %s', async (table) => {
    await expect(maintenance.unsafe(`insert into headgate.${table} default values`)).rejects.toMatchObject({
      code: '42501',
    });
  });
});

describe('the way out of the role', () => {
  /** A connection of its own for each test, since what is set stays with it. */
  async function withConnection<T>(work: (sql: ReturnType<typeof connectAs>) => Promise<T>): Promise<T> {
    const sql = connectAs(database.url, 'headgate_app');
    try {
      return await work(sql);
    } finally {
      await sql.end();
    }
  }

  test.each(['reset role', 'reset all', 'discard all'])(
    '"%s" leads back to the role that the connection came with',
    async (statement) => {
      await withConnection(async (sql) => {
        await sql.unsafe(statement);
        expect(await sql`select current_user::text`).toEqual([{ current_user: 'headgate_app' }]);
        expect(await sql`select id from headgate.projects`).toEqual([]);
      });
    },
  );

  test('switching row security off shows no foreign rows: it fails instead', async () => {
    await withConnection(async (sql) => {
      await sql`set row_security = off`;
      await expect(sql`select id from headgate.projects`).rejects.toMatchObject({ code: '42501' });
    });
  });

  // The wall is there for queries that forget their tenant. A role that was switched to is no sandbox for foreign SQL:
  // statements come from the builder alone, with every value as a parameter. This test says so for whoever reads on.
  test('known limit: who can run any SQL of his own can name any tenant, and take the role of the URL again', async () => {
    await withConnection(async (sql) => {
      await sql`select set_config('headgate.tenants', '{org_a}', false)`;
      expect(await sql`select id from headgate.projects`).toHaveLength(1);
      await sql`set role none`;
      const [who] = await sql`select current_user = session_user as is_login_role`;
      expect(who).toEqual({ is_login_role: true });
    });
  });
});
