import { sql, type Kysely } from 'kysely';

/** What each role may do with a table, as privileges of GRANT. */
interface Privileges {
  readonly app: string;
  readonly maintenance: string;
}

/**
 * Puts a tenant table behind the wall: the application's role meets only rows of the tenants of its statement, and
 * the table's owner is not exempt either. Every tenant table has an `org_id` and calls this in the migration that
 * creates it. A subquery around the function makes PostgreSQL call it once a statement instead of once a row.
 */
export async function wallOff(db: Kysely<unknown>, table: string, privileges: Privileges): Promise<void> {
  const name = sql.id('headgate', table);
  await sql`alter table ${name} enable row level security`.execute(db);
  await sql`alter table ${name} force row level security`.execute(db);
  await sql`
    create policy tenant on ${name} to headgate_app
    using (org_id = any ((select headgate.tenants())::text[]))
    with check (org_id = any ((select headgate.tenants())::text[]))
  `.execute(db);
  await sql`
    create policy maintenance on ${name} to headgate_maintenance using (true) with check (true)
  `.execute(db);
  await sql`grant ${sql.raw(privileges.app)} on ${name} to headgate_app`.execute(db);
  await sql`grant ${sql.raw(privileges.maintenance)} on ${name} to headgate_maintenance`.execute(db);
}
