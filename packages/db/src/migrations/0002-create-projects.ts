import { sql, type Kysely } from 'kysely';
import { wallOff } from './wall-off.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table headgate.projects (
      id text primary key check (id ~ '^prj_[0-7][0-9a-hjkmnp-tv-z]{25}$'),
      org_id text not null check (char_length(org_id) between 1 and 255),
      name text not null check (char_length(name) between 1 and 100),
      description text check (char_length(description) between 1 and 500),
      tags text[] check (cardinality(tags) <= 10),
      cloud text not null check (cloud in ('aws', 'azure', 'gcp')),
      self_hosted boolean not null,
      status text not null check (status in ('active', 'suspended')),
      version integer not null default 1 check (version >= 1),
      created_at timestamptz not null,
      updated_at timestamptz not null check (updated_at >= created_at),
      deleted_at timestamptz,
      unique (id, org_id)
    )
  `.execute(db);
  await sql`
    create index projects_by_age on headgate.projects (org_id, created_at desc, id desc) where deleted_at is null
  `.execute(db);
  await sql`
    create index projects_by_name on headgate.projects (org_id, name, id) where deleted_at is null
  `.execute(db);
  await sql`create index projects_deleted on headgate.projects (deleted_at) where deleted_at is not null`.execute(
    db,
  );
  await wallOff(db, 'projects', { app: 'select, insert, update', maintenance: 'select, delete' });
}
