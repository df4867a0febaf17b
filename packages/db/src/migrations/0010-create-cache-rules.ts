import { sql, type Kysely } from 'kysely';
import { wallOff } from './wall-off.ts';

/**
 * How a statement's results are cached, by the fingerprint that all of its spellings share. What the data plane has
 * seen of the statement stands beside it: nothing until it reports.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table headgate.cache_rules (
      org_id text not null,
      project_id text not null,
      database_id text not null,
      query_hash text not null check (query_hash ~ '^[0-9a-f]{16}$'),
      normalized_sql text not null,
      query_type text not null check (query_type in ('read', 'write', 'other')),
      cache_enabled boolean not null,
      cache_ttl_seconds integer check (cache_ttl_seconds between 0 and 86400),
      cache_swr_seconds integer check (cache_swr_seconds between 0 and 86400),
      call_count bigint not null default 0 check (call_count >= 0),
      avg_latency_ms double precision not null default 0,
      p95_latency_ms double precision not null default 0,
      avg_response_bytes bigint not null default 0,
      stability_rate double precision not null default 0,
      last_seen_at timestamptz,
      version integer not null default 1 check (version >= 1),
      created_at timestamptz not null,
      updated_at timestamptz not null check (updated_at >= created_at),
      primary key (database_id, query_hash),
      foreign key (database_id, project_id, org_id) references headgate.databases (id, project_id, org_id)
        on delete cascade
    )
  `.execute(db);
  await sql`
    create index cache_rules_by_age on headgate.cache_rules (database_id, created_at desc, query_hash desc)
  `.execute(db);
  await wallOff(db, 'cache_rules', {
    app: 'select, insert, update, delete',
    maintenance: 'select',
  });
}
