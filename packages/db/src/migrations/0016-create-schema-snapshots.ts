import { sql, type Kysely } from 'kysely';
import { wallOff } from './wall-off.ts';

/**
 * What a database looked like at a moment. `body` holds its relations and types, one JSON object a line, compressed
 * with gzip; `summary` all that is said of the whole; `hash` is over the lines, so that equal snapshots are told
 * without reading them. A snapshot never changes.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table headgate.schema_snapshots (
      id text primary key check (id ~ '^snap_[0-7][0-9a-hjkmnp-tv-z]{25}$'),
      org_id text not null,
      project_id text not null,
      database_id text not null,
      hash text not null check (hash ~ '^[0-9a-f]{64}$'),
      summary jsonb not null,
      body bytea not null,
      created_at timestamptz not null,
      foreign key (database_id, project_id, org_id) references headgate.databases (id, project_id, org_id)
        on delete cascade
    )
  `.execute(db);
  await sql`
    create index schema_snapshots_by_age on headgate.schema_snapshots (database_id, created_at desc, id desc)
  `.execute(db);
  await sql`
    create index schema_snapshots_of_database on headgate.schema_snapshots (database_id, project_id, org_id)
  `.execute(db);
  // It is compressed already.
  await sql`alter table headgate.schema_snapshots alter column body set storage external`.execute(db);
  await wallOff(db, 'schema_snapshots', { app: 'select, insert, delete', maintenance: 'select' });
}
