import { sql, type Kysely } from 'kysely';

/**
 * How many databases a project has, kept by the table of databases itself as that of projects keeps theirs: to read it,
 * and to hold one more against the limit, costs the same for one database and for a thousand. Whoever makes, deletes or
 * restores one holds the project first: the row of the count is the project's.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table headgate.projects
      add column database_count integer not null default 0 check (database_count >= 0)
  `.execute(db);
  await countThoseThere(db);
  // The project's id in a variable of its own: a statement with parts of rows in it was planned anew each time.
  await sql`
    create function headgate.count_database() returns trigger language plpgsql as $$
    declare
      project text := coalesce(new.project_id, old.project_id);
      change integer :=
        (case when tg_op <> 'DELETE' and new.deleted_at is null then 1 else 0 end)
        - (case when tg_op <> 'INSERT' and old.deleted_at is null then 1 else 0 end);
    begin
      if change <> 0 then
        update headgate.projects set database_count = database_count + change where id = project;
      end if;
      return null;
    end $$
  `.execute(db);
  await sql`
    create trigger count_database after insert or update of deleted_at or delete on headgate.databases
    for each row execute function headgate.count_database()
  `.execute(db);
  // The fullest project of an organization is told by the counts.
  await sql`drop index headgate.databases_of_organization`.execute(db);
}

/** The wall would hide the rows from their owner, who is let behind it in this transaction alone (see 0015). */
async function countThoseThere(db: Kysely<unknown>): Promise<void> {
  for (const table of ['projects', 'databases'])
    await sql`alter table ${sql.id('headgate', table)} no force row level security`.execute(db);
  await sql`
    update headgate.projects set database_count = living.count
    from (
      select project_id, count(*) as count from headgate.databases where deleted_at is null group by project_id
    ) as living
    where projects.id = living.project_id
  `.execute(db);
  for (const table of ['projects', 'databases'])
    await sql`alter table ${sql.id('headgate', table)} force row level security`.execute(db);
}
