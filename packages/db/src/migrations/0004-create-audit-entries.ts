import { sql, type Kysely } from 'kysely';
import { wallOff } from './wall-off.ts';

/** What was done, by whom, to what. Entries are added and read; no role of Headgate can change or remove one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table headgate.audit_entries (
      id text primary key check (id ~ '^aud_[0-7][0-9a-hjkmnp-tv-z]{25}$'),
      org_id text not null,
      project_id text not null,
      actor_kind text not null check (actor_kind in ('user')),
      actor_id text not null,
      action text not null,
      resource_kind text not null check (resource_kind in ('project', 'database')),
      resource_id text not null,
      before jsonb,
      after jsonb,
      request_id text not null,
      address text,
      created_at timestamptz not null
    )
  `.execute(db);
  await sql`
    create index audit_entries_of_project on headgate.audit_entries (project_id, created_at desc, id desc)
  `.execute(db);
  await sql`
    create index audit_entries_of_organization on headgate.audit_entries (org_id, created_at desc, id desc)
  `.execute(db);
  await wallOff(db, 'audit_entries', { app: 'select, insert', maintenance: 'select' });
}
