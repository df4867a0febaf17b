import { sql, type Kysely } from 'kysely';

/**
 * Two roles that no one logs in as. The API's connections take `headgate_app`, which sees the rows of the tenants
 * named in its session and no others; upkeep (key rotation, purge) takes `headgate_maintenance`. Neither owns a
 * table nor may bypass row-level security (PostgreSQL manual, section 5.9).
 *
 * Roles belong to the whole cluster: an administrator, or another Headgate database in it, may have made them already,
 * even just now.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const role of ['headgate_app', 'headgate_maintenance']) {
    await sql`
      do $$
      begin
        if not exists (select from pg_roles where rolname = ${sql.lit(role)}) then
          create role ${sql.raw(role)} nologin nosuperuser nobypassrls noinherit;
        end if;
      exception when duplicate_object or unique_violation then null;
      end $$
    `.execute(db);
    await sql`
      do $$
      begin
        if not pg_has_role(current_user, ${sql.lit(role)}, 'SET') then
          execute format('grant %I to %I with inherit false', ${sql.lit(role)}, current_user);
        end if;
      end $$
    `.execute(db);
    await sql`grant usage on schema headgate to ${sql.raw(role)}`.execute(db);
  }
  // Whether all migrations are there is part of being ready.
  await sql`grant select on headgate.migrations to headgate_maintenance`.execute(db);
  await sql`
    create function headgate.tenants() returns text[]
    language sql stable parallel safe
    return nullif(current_setting('headgate.tenants', true), '')::text[]
  `.execute(db);
  await sql`
    comment on function headgate.tenants() is
    'The organizations that the current statement acts for; null, and so none, where it was not said.'
  `.execute(db);
}
