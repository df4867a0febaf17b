import { createTestDatabase } from '@headgate/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { connectAs, seedOrganization, tenantTables, type Role } from './support.ts';

/** Tables that hold no rows of tenants, each with the reason. All others must stand behind the wall. */
const WITHOUT_TENANTS: Record<string, string> = {
  migrations: 'which migrations the database has had',
  migrations_lock: "the migrator's own lock",
  rate_limits: 'how often each caller has asked of late; a caller is counted before it is known whose it is',
};
/** What rows the application meets otherwise than as a tenant, or not even then. What each of them does is proved below. */
const OTHER_POLICIES: Record<string, object[]> = {
  api_keys: [
    {
      policyname: 'bearer',
      qual: expect.stringMatching(
        /^\(hash = \( ?SELECT (headgate\.)?presented_key\(\) AS presented_key\)\)$/s,
      ),
      with_check: null,
      cmd: 'SELECT',
      permissive: 'PERMISSIVE',
    },
  ],
  members: [
    {
      policyname: 'bearer',
      qual: expect.stringMatching(
        /presented_key\(\).*owner_id = members\.user_id.*org_id = members\.org_id/s,
      ),
      with_check: null,
      cmd: 'SELECT',
      permissive: 'PERMISSIVE',
    },
    {
      policyname: 'self',
      qual: expect.stringMatching(/^\(user_id = \( ?SELECT (headgate\.)?presented_user\(\)/),
      with_check: expect.stringMatching(/^\(user_id = \( ?SELECT (headgate\.)?presented_user\(\)/),
      cmd: 'ALL',
      permissive: 'PERMISSIVE',
    },
  ],
  audit_entries: [
    {
      policyname: 'chained_once',
      qual: '(("position" IS NULL) AND (mac IS NOT NULL))',
      with_check: '("position" IS NOT NULL)',
      cmd: 'UPDATE',
      permissive: 'RESTRICTIVE',
    },
  ],
};
/** Of databases, what upkeep seals anew, and takes away when its time has passed. */
const CREDENTIALS = [
  'previous_password_id',
  'previous_sealed_password',
  'previous_sealing_key_id',
  'previous_until',
  'previous_username',
  'sealed_password',
  'sealing_key_id',
  'staged_at',
  'staged_password_id',
  'staged_sealed_password',
  'staged_sealing_key_id',
  'staged_username',
];
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
    '%s lets the application meet rows by one policy, which asks for the tenant, and others that are listed',
    async (table) => {
      const policies = await owner`
        select policyname, qual, with_check, cmd, permissive from pg_policies
        where schemaname = 'headgate' and tablename = ${table} and (roles && array['headgate_app', 'public']::name[])
      `;
      const condition = expect.stringMatching(
        /^\(org_id = ANY \(\(+ ?SELECT (headgate\.)?tenants\(\).*\)+$/s,
      );
      const byTenant = {
        policyname: 'tenant',
        qual: condition,
        with_check: condition,
        cmd: 'ALL',
        permissive: 'PERMISSIVE',
      };
      const others = OTHER_POLICIES[table] ?? [];
      expect(policies).toHaveLength(1 + others.length);
      expect(policies).toEqual(expect.arrayContaining([byTenant, ...others]));
    },
  );

  test.each(tables)('%s is met by upkeep by one policy only', async (table) => {
    const policies = await owner`
      select policyname, qual, with_check from pg_policies
      where schemaname = 'headgate' and tablename = ${table} and 'headgate_maintenance' = any (roles)
    `;
    expect(policies).toEqual([{ policyname: 'maintenance', qual: 'true', with_check: 'true' }]);
  });

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
            api_keys: 'insert, select',
            audit_chains: 'insert, select, update',
            audit_entries: 'insert, select',
            cache_rules: 'delete, insert, select, update',
            certificates: 'insert, select, update',
            custom_domains: 'insert, select, update',
            databases: 'insert, select, update',
            idempotency_records: 'delete, insert, select',
            members: 'insert, select, update',
            organizations: 'insert, select, update',
            projects: 'insert, select, update',
            rate_limits: 'delete, insert, select, update',
            replicas: 'insert, select, update',
            replication_slots: 'insert, select, update',
            schema_snapshots: 'delete, insert, select',
          }
        : {
            api_keys: 'delete, select',
            audit_chains: 'select',
            audit_entries: 'select',
            cache_rules: 'select',
            certificates: 'delete, select',
            custom_domains: 'delete, select',
            databases: 'delete, select',
            idempotency_records: 'delete, select',
            members: 'select',
            migrations: 'select',
            organizations: 'select',
            projects: 'delete, select',
            replicas: 'delete, select',
            replication_slots: 'delete, select',
            schema_snapshots: 'select',
          },
    );
  });

  test('may update no more columns than were meant for it, where it may not update whole rows', async () => {
    const granted = await owner<{ name: string; columns: string[] }[]>`
      select c.table_name as name, array_agg(c.column_name::text order by c.column_name) as columns
      from information_schema.role_column_grants c
      where c.grantee = ${role} and c.table_schema = 'headgate' and c.privilege_type = 'UPDATE' and not exists (
        select from information_schema.role_table_grants t
        where t.grantee = c.grantee and t.table_schema = c.table_schema and t.table_name = c.table_name
          and t.privilege_type = 'UPDATE'
      )
      group by 1
    `;
    expect(Object.fromEntries(granted.map(({ name, columns }) => [name, columns]))).toEqual(
      role === 'headgate_app'
        ? {
            api_keys: ['revoked_at', 'updated_at', 'version'],
            audit_entries: ['hash', 'position', 'previous_hash'],
          }
        : {
            api_keys: ['last_used_at'],
            audit_chains: ['seal'],
            certificates: ['sealed_private_key', 'sealing_key_id'],
            databases: CREDENTIALS,
            replication_slots: ['sealed_primary_password', 'sealing_key_id'],
          },
    );
    const others = await owner`
      select table_name, column_name, privilege_type from information_schema.role_column_grants c
      where grantee = ${role} and table_schema = 'headgate' and privilege_type <> 'UPDATE' and not exists (
        select from information_schema.role_table_grants t
        where t.grantee = c.grantee and t.table_schema = c.table_schema and t.table_name = c.table_name
          and t.privilege_type = c.privilege_type
      )
    `;
    expect([...others]).toEqual([]);
  });

  test('cannot make, alter or drop anything in the schema', async () => {
    const sql = role === 'headgate_app' ? app : maintenance;
    for (const statement of [
      'create table headgate.mine (org_id text)',
      'alter table headgate.projects disable row level security',
      'alter table headgate.projects no force row level security',
      'drop policy tenant on headgate.projects',
      'create policy open on headgate.projects using (true)',
      'drop policy bearer on headgate.api_keys',
      'drop policy chained_once on headgate.audit_entries',
      'alter table headgate.projects disable trigger count_project',
      "create or replace function headgate.presented_key() returns text language sql as $$ select 'h' $$",
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
      `update headgate.audit_entries set position = 1, action = 'nothing'`,
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
  test.each([
    ['databases', CREDENTIALS],
    ['certificates', ['sealed_private_key', 'sealing_key_id']],
    ['replication_slots', ['sealed_primary_password', 'sealing_key_id']],
    ['api_keys', ['last_used_at']],
    ['audit_chains', ['seal']],
    ...[
      'projects',
      'organizations',
      'members',
      'audit_entries',
      'replicas',
      'cache_rules',
      'custom_domains',
      'schema_snapshots',
    ].map((table) => [table, []] as const),
    ['idempotency_records', []],
  ] as const)('can change nothing of %s but %s', async (table, changeable) => {
    const columns = await owner<{ name: string }[]>`
      select attname as name from pg_attribute
      where attrelid = ${`headgate.${table}`}::regclass and attnum > 0 and not attisdropped
    `;
    for (const { name } of columns) {
      const update = maintenance.unsafe(`update headgate.${table} set "${name}" = "${name}"`);
      if ((changeable as readonly string[]).includes(name)) await update;
      else await expect(update, name).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('has nothing to do with the counts of callers', async () => {
    await expect(maintenance`select * from headgate.rate_limits`).rejects.toMatchObject({ code: '42501' });
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
