import { sql, type Kysely } from 'kysely';
import { wallOff } from './wall-off.ts';

/**
 * A registered upstream. The organization stands in each row, held to the project's by the foreign key, so that the
 * tenant wall needs no join. A primary that is not configured yet has all four blanks and no password; there is no
 * form in between. `sealed_password` is a JWE; `sealing_key_id` names its key, so that rotation finds what is left.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table headgate.databases (
      id text primary key check (id ~ '^db_[0-7][0-9a-hjkmnp-tv-z]{25}$'),
      org_id text not null,
      project_id text not null,
      host text not null check (char_length(host) <= 254),
      port integer not null check (port between 0 and 65535),
      name text not null check (char_length(name) <= 255),
      username text not null check (char_length(username) <= 255),
      sealed_password text,
      sealing_key_id text,
      ssl_mode text not null
        check (ssl_mode in ('disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full')),
      role text check (role in ('primary', 'replica')),
      pool_region text check (char_length(pool_region) between 1 and 64),
      query_timeout_ms integer check (query_timeout_ms between 0 and 300000),
      auto_read_routing boolean,
      cache_enabled boolean not null,
      cache_ttl_seconds integer not null check (cache_ttl_seconds between 0 and 86400),
      cache_max_entries integer not null check (cache_max_entries between 0 and 1000000),
      cache_swr_seconds integer not null check (cache_swr_seconds between 0 and 86400),
      pool_size integer not null check (pool_size between 1 and 10000),
      pool_min_size integer not null check (pool_min_size between 1 and 10000),
      pool_mode text not null check (pool_mode in ('session', 'transaction', 'statement')),
      pool_max_active integer not null check (pool_max_active between 1 and 10000),
      version integer not null default 1 check (version >= 1),
      created_at timestamptz not null,
      updated_at timestamptz not null check (updated_at >= created_at),
      deleted_at timestamptz,
      deleted_with_project boolean not null default false,
      foreign key (project_id, org_id) references headgate.projects (id, org_id),
      constraint pool_sizes_in_order check (pool_min_size <= pool_size and pool_size <= pool_max_active),
      constraint configured_or_blank check (
        (host <> '' and port > 0 and name <> '' and username <> '' and sealed_password is not null)
        or (host = '' and port = 0 and name = '' and username = '' and sealed_password is null)
      ),
      constraint sealed_under_a_key check ((sealed_password is null) = (sealing_key_id is null)),
      constraint deleted_with_project_is_deleted check (deleted_at is not null or not deleted_with_project)
    )
  `.execute(db);
  await sql`
    create index databases_by_age on headgate.databases (project_id, created_at desc, id desc) where deleted_at is null
  `.execute(db);
  await sql`
    create index databases_deleted on headgate.databases (deleted_at) where deleted_at is not null
  `.execute(db);
  await sql`create index databases_of_project on headgate.databases (project_id)`.execute(db);
  await sql`create index databases_by_sealing_key on headgate.databases (sealing_key_id, id)`.execute(db);
  await wallOff(db, 'databases', {
    app: 'select, insert, update',
    maintenance: 'select, delete, update (sealed_password, sealing_key_id)',
  });
}
