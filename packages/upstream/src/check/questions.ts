/** Extensions that change how a server is to be pooled, cached or introspected. */
const EXTENSIONS_OF_INTEREST = [
  'age',
  'citus',
  'hypopg',
  'orioledb',
  'pg_cron',
  'pg_partman',
  'pg_stat_statements',
  'pg_trgm',
  'pgaudit',
  'pgcrypto',
  'pglogical',
  'postgis',
  'postgres_fdw',
  'timescaledb',
  'vector',
  'wal2json',
];

/**
 * What a server is asked, each in one row. None needs a privilege that PUBLIC does not have by default. Settings that a
 * version does not know are null (`current_setting` with `missing_ok`, PostgreSQL 9.6 and later).
 */
export const SERVER_QUESTIONS = {
  settings: `select ${[
    'server_version',
    'server_version_num',
    'max_connections',
    'superuser_reserved_connections',
    'reserved_connections',
    'wal_level',
    'max_replication_slots',
    'password_encryption',
    'TimeZone',
    'is_superuser',
  ]
    .map((name) => `current_setting('${name}', true) as "${name}"`)
    .join(', ')}`,
  state: 'select pg_is_in_recovery() as in_recovery, pg_backend_pid() as process_id',
  identity: 'select system_identifier from pg_control_system()',
  position: 'select case when not pg_is_in_recovery() then pg_current_wal_lsn() end as wal_position',
  // A role that may not look into others' sessions sees that they are there, but not of which type they are. All that
  // serve clients have both a role and a database; what serves replication is not counted in max_connections.
  usage: `
    select count(*) filter (where not ours) as used,
           count(*) filter (where not ours and usename = session_user) as used_by_role,
           count(*) filter (where not ours and datname = current_database()) as used_in_database,
           (select rolconnlimit from pg_roles where rolname = session_user) as role_limit,
           (select datconnlimit from pg_database where datname = current_database()) as database_limit
    from (
      select usename, datname,
             pid = pg_backend_pid() or (application_name = 'headgate' and usename = session_user) as ours
      from pg_stat_activity
      where usesysid is not null and datid is not null
        and coalesce(backend_type, 'client backend') = 'client backend'
    ) as sessions`,
  extensions: `
    select string_agg(extname || ' ' || extversion, ',' order by extname) as extensions from pg_extension
    where extname in (${EXTENSIONS_OF_INTEREST.map((name) => `'${name}'`).join(', ')})`,
} as const;

/** What a replica is asked besides. */
export const REPLICA_QUESTIONS = {
  replay: `
    select pg_last_wal_receive_lsn() as received, pg_last_wal_replay_lsn() as replayed,
           extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) as age_seconds`,
} as const;
