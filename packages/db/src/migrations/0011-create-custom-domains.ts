import { sql, type Kysely } from 'kysely';
import { wallOff } from './wall-off.ts';

/**
 * Names of a tenant's own for a project's proxy host. `domain` is as it was given, `name` what it is in DNS: A-labels
 * in lower case. Any number of projects may claim a name; one at most has it verified.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table headgate.custom_domains (
      id text primary key check (id ~ '^dom_[0-7][0-9a-hjkmnp-tv-z]{25}$'),
      org_id text not null,
      project_id text not null,
      domain text not null check (char_length(domain) between 1 and 253),
      name text not null check (name = lower(name)),
      verification_token text not null,
      verified_at timestamptz,
      version integer not null default 1 check (version >= 1),
      created_at timestamptz not null,
      updated_at timestamptz not null check (updated_at >= created_at),
      deleted_at timestamptz,
      deleted_with_project boolean not null default false,
      foreign key (project_id, org_id) references headgate.projects (id, org_id) on delete cascade,
      check (deleted_at is not null or not deleted_with_project)
    )
  `.execute(db);
  await sql`
    create unique index custom_domains_verified on headgate.custom_domains (name)
    where verified_at is not null and deleted_at is null
  `.execute(db);
  await sql`
    create unique index custom_domains_of_project on headgate.custom_domains (project_id, name)
    where deleted_at is null
  `.execute(db);
  await sql`
    create index custom_domains_by_age on headgate.custom_domains (project_id, created_at desc, id desc)
    where deleted_at is null
  `.execute(db);
  await sql`
    create index custom_domains_of_organization on headgate.custom_domains (org_id) where deleted_at is null
  `.execute(db);
  await sql`
    create index custom_domains_deleted on headgate.custom_domains (deleted_at) where deleted_at is not null
  `.execute(db);
  await wallOff(db, 'custom_domains', { app: 'select, insert, update', maintenance: 'select, delete' });
}
