import { sql, type Kysely } from 'kysely';
import { wallOff } from './wall-off.ts';

/** Read replicas of a database, which are reached with its credentials. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table headgate.databases add unique (id, project_id, org_id)`.execute(db);
  await sql`
    create table headgate.replicas (
      id text primary key check (id ~ '^rep_[0-7][0-9a-hjkmnp-tv-z]{25}$'),
      org_id text not null,
      project_id text not null,
      database_id text not null,
      host text not null check (char_length(host) between 1 and 254),
      port integer not null check (port between 1 and 65535),
      ssl_mode text not null
        check (ssl_mode in ('disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full')),
      version integer not null default 1 check (version >= 1),
      created_at timestamptz not null,
      updated_at timestamptz not null check (updated_at >= created_at),
      deleted_at timestamptz,
      foreign key (database_id, project_id, org_id) references headgate.databases (id, project_id, org_id)
        on delete cascade
    )
  `.execute(db);
  await sql`
    create index replicas_by_age on headgate.replicas (database_id, created_at desc, id desc) where deleted_at is null
  `.execute(db);
  await sql`create index replicas_of_database on headgate.replicas (database_id, project_id, org_id)`.execute(
    db,
  );
  await sql`
    create index replicas_of_organization on headgate.replicas (org_id, database_id) where deleted_at is null
  `.execute(db);
  await sql`create index replicas_deleted on headgate.replicas (deleted_at) where deleted_at is not null`.execute(
    db,
  );
  await wallOff(db, 'replicas', { app: 'select, insert, update', maintenance: 'select, delete' });
}
