import { sql, type Kysely } from 'kysely';
import { wallOff } from './wall-off.ts';

/**
 * Logical replication slots of upstreams that are registered here. `upstream` says whose slot it is: the system
 * identifier of the cluster where it could be learned, its host and port elsewhere. It is what the upstream says of
 * itself, and anybody can run one that says anything; so it is unique in an organization and not among all of them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table headgate.replication_slots (
      id text primary key check (id ~ '^slot_[0-7][0-9a-hjkmnp-tv-z]{25}$'),
      org_id text not null,
      project_id text not null,
      database_id text not null,
      slot_name text not null check (slot_name ~ '^[a-z0-9_]{1,63}$'),
      publication_name text not null check (char_length(publication_name) between 1 and 63),
      status text not null check (status in ('active', 'disabled')),
      upstream text not null check (char_length(upstream) between 1 and 300),
      primary_host text check (char_length(primary_host) between 1 and 254),
      primary_port integer check (primary_port between 1 and 65535),
      primary_database text check (char_length(primary_database) between 1 and 255),
      primary_username text check (char_length(primary_username) between 1 and 255),
      primary_ssl_mode text
        check (primary_ssl_mode in ('disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full')),
      sealed_primary_password text,
      sealing_key_id text,
      version integer not null default 1 check (version >= 1),
      created_at timestamptz not null,
      updated_at timestamptz not null check (updated_at >= created_at),
      deleted_at timestamptz,
      foreign key (database_id, project_id, org_id) references headgate.databases (id, project_id, org_id)
        on delete cascade,
      constraint primary_as_a_whole check (
        num_nulls(primary_host, primary_port, primary_database, primary_username, primary_ssl_mode,
          sealed_primary_password, sealing_key_id) in (0, 7)
      )
    )
  `.execute(db);
  await sql`
    create unique index replication_slots_of_upstream on headgate.replication_slots (org_id, upstream, slot_name)
    where deleted_at is null
  `.execute(db);
  await sql`
    create index replication_slots_by_age on headgate.replication_slots (database_id, created_at desc, id desc)
    where deleted_at is null
  `.execute(db);
  await sql`
    create index replication_slots_of_database on headgate.replication_slots (database_id, project_id, org_id)
  `.execute(db);
  await sql`
    create index replication_slots_deleted on headgate.replication_slots (deleted_at) where deleted_at is not null
  `.execute(db);
  await sql`
    create index replication_slots_by_sealing_key on headgate.replication_slots (sealing_key_id, id)
  `.execute(db);
  await wallOff(db, 'replication_slots', {
    app: 'select, insert, update',
    maintenance: 'select, delete, update (sealed_primary_password, sealing_key_id)',
  });
}
