import { sql, type Kysely } from 'kysely';
import { wallOff } from './wall-off.ts';

/**
 * What is known of an organization here: how many projects it has, and what an operator allows it beyond the defaults
 * (null means the default). The count is kept by the table of projects itself, so that the total of a list costs the
 * same for five projects and for five thousand; the row is also what those hold who must not pass a limit together.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table headgate.organizations (
      org_id text primary key check (char_length(org_id) between 1 and 255),
      project_count integer not null default 0 check (project_count >= 0),
      max_projects integer check (max_projects >= 0),
      max_databases_per_project integer check (max_databases_per_project >= 0),
      max_replicas_per_database integer check (max_replicas_per_database >= 0),
      max_custom_domains integer check (max_custom_domains >= 0),
      max_api_keys integer check (max_api_keys >= 0),
      max_requests_per_second integer check (max_requests_per_second >= 1)
    )
  `.execute(db);
  // How many databases the fullest project has is read from the index alone.
  await sql`
    create index databases_of_organization on headgate.databases (org_id, project_id) where deleted_at is null
  `.execute(db);
  await wallOff(db, 'organizations', { app: 'select, insert, update', maintenance: 'select' });
  await sql`
    create function headgate.count_project() returns trigger language plpgsql as $$
    declare
      org text := coalesce(new.org_id, old.org_id);
      change integer :=
        (case when tg_op <> 'DELETE' and new.deleted_at is null then 1 else 0 end)
        - (case when tg_op <> 'INSERT' and old.deleted_at is null then 1 else 0 end);
    begin
      if change <> 0 then
        insert into headgate.organizations as o (org_id, project_count) values (org, greatest(change, 0))
        on conflict (org_id) do update set project_count = o.project_count + change;
      end if;
      return null;
    end $$
  `.execute(db);
  await sql`
    create trigger count_project after insert or update of deleted_at or delete on headgate.projects
    for each row execute function headgate.count_project()
  `.execute(db);
  await sql`
    insert into headgate.organizations (org_id, project_count)
    select org_id, count(*) filter (where deleted_at is null) from headgate.projects group by org_id
  `.execute(db);
}
