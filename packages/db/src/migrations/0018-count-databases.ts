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
  for (const event of ['insert', 'update', 'delete'] as const) await countOnce(db, event);
  // The fullest project of an organization is told by the counts.
  await sql`drop index headgate.databases_of_organization`.execute(db);
}

/** The rows that each kind of statement takes from those that live, and those that it adds to them. */
const CHANGED = {
  insert: 'select project_id, 1 as change from new_rows where deleted_at is null',
  update: `
    select project_id, 1 as change from new_rows where deleted_at is null
    union all select project_id, -1 from old_rows where deleted_at is null
  `,
  delete: 'select project_id, -1 as change from old_rows where deleted_at is null',
} as const;

const TABLES = {
  insert: 'new table as new_rows',
  update: 'old table as old_rows new table as new_rows',
  delete: 'old table as old_rows',
} as const;

/**
 * Counts once a statement and not once a row: a project that is deleted takes all of its databases along, and a row that
 * is written so often in one transaction is looked for among all of its versions each time.
 */
async function countOnce(db: Kysely<unknown>, event: keyof typeof CHANGED): Promise<void> {
  const name = sql.ref(`headgate.count_databases_of_${event}`);
  const sums = sql.raw(`
    select project_id, sum(change) as change from (${CHANGED[event]}) as changes
    group by project_id having sum(change) <> 0
  `);
  // Whoever changes no count, as upkeep does that removes what was deleted, needs no right to.
  await sql`
    create function ${name}() returns trigger language plpgsql as $$
    begin
      if exists (${sums}) then
        update headgate.projects set database_count = database_count + sums.change
        from (${sums}) as sums where projects.id = sums.project_id;
      end if;
      return null;
    end $$
  `.execute(db);
  await sql`
    create trigger ${sql.ref(`count_databases_of_${event}`)} after ${sql.raw(event)} on headgate.databases
    referencing ${sql.raw(TABLES[event])} for each statement execute function ${name}()
  `.execute(db);
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
