import { sql, type Kysely } from 'kysely';
import { wallOff } from './wall-off.ts';

/**
 * Certificates that upstreams are reached with: bundles of authorities, and certificates of a client with their keys.
 * `chain` tells what the PEM holds, so that no answer has to parse it again.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table headgate.certificates (
      id text primary key check (id ~ '^cert_[0-7][0-9a-hjkmnp-tv-z]{25}$'),
      org_id text not null,
      project_id text not null,
      name text not null check (char_length(name) between 1 and 100),
      kind text not null check (kind in ('ca', 'client')),
      pem text not null check (octet_length(pem) between 1 and 262144),
      chain jsonb not null check (jsonb_typeof(chain) = 'array'),
      not_after timestamptz not null,
      sealed_private_key text,
      sealing_key_id text,
      version integer not null default 1 check (version >= 1),
      created_at timestamptz not null,
      updated_at timestamptz not null check (updated_at >= created_at),
      deleted_at timestamptz,
      deleted_with_project boolean not null default false,
      unique (id, project_id, org_id),
      foreign key (project_id, org_id) references headgate.projects (id, org_id) on delete cascade,
      constraint client_has_a_key check ((kind = 'client') = (sealed_private_key is not null)),
      constraint sealed_under_a_key check ((sealed_private_key is null) = (sealing_key_id is null)),
      constraint deleted_with_project_is_deleted check (deleted_at is not null or not deleted_with_project)
    )
  `.execute(db);
  await sql`
    create index certificates_by_age on headgate.certificates (project_id, created_at desc, id desc)
    where deleted_at is null
  `.execute(db);
  await sql`create index certificates_of_project on headgate.certificates (project_id, org_id)`.execute(db);
  await sql`
    create index certificates_deleted on headgate.certificates (deleted_at) where deleted_at is not null
  `.execute(db);
  await sql`create index certificates_by_sealing_key on headgate.certificates (sealing_key_id, id)`.execute(
    db,
  );
  await wallOff(db, 'certificates', {
    app: 'select, insert, update',
    maintenance: 'select, delete, update (sealed_private_key, sealing_key_id)',
  });
  await sql`
    alter table headgate.audit_entries
      drop constraint audit_entries_resource_kind_check,
      add constraint audit_entries_resource_kind_check check (resource_kind in
        ('organization', 'project', 'database', 'replica', 'cache_rule', 'custom_domain', 'api_key',
         'certificate', 'schema_snapshot', 'replication_slot'))
  `.execute(db);
}
