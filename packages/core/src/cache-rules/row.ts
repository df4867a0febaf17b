import { query, type CacheRules } from '@headgate/db';
import type { CacheRule } from '@headgate/schema';
import type { Selectable } from 'kysely';
import { recommend } from './recommend.ts';

export type CacheRuleRow = Selectable<CacheRules>;

export const selectCacheRules = query
  .selectFrom('cache_rules')
  .select([
    'org_id',
    'project_id',
    'database_id',
    'query_hash',
    'normalized_sql',
    'query_type',
    'cache_enabled',
    'cache_ttl_seconds',
    'cache_swr_seconds',
    'call_count',
    'avg_latency_ms',
    'p95_latency_ms',
    'avg_response_bytes',
    'stability_rate',
    'last_seen_at',
    'version',
    'created_at',
    'updated_at',
  ]);

/** A cache rule as its callers see it, built field by field. */
export function cacheRuleView(row: CacheRuleRow): CacheRule {
  return {
    query_hash: row.query_hash,
    normalized_sql: row.normalized_sql,
    query_type: row.query_type,
    cache_enabled: row.cache_enabled,
    cache_ttl_seconds: row.cache_ttl_seconds,
    cache_swr_seconds: row.cache_swr_seconds,
    call_count: row.call_count,
    avg_latency_ms: row.avg_latency_ms,
    p95_latency_ms: row.p95_latency_ms,
    avg_response_bytes: row.avg_response_bytes,
    stability_rate: row.stability_rate,
    recommendation: recommend(row),
    first_seen_at: row.created_at.toISOString(),
    last_seen_at: (row.last_seen_at ?? row.created_at).toISOString(),
  };
}

/** The entity tag of a version (RFC 9110, section 8.8.3), for `ETag` and what `If-Match` is held against. */
export function cacheRuleEtag(row: Pick<CacheRuleRow, 'version'>): string {
  return `"${row.version}"`;
}

/** What an audit entry is about: a statement of one database, since many have the same. */
export function cacheRuleResource(row: Pick<CacheRuleRow, 'database_id' | 'query_hash'>) {
  return { kind: 'cache_rule', id: `${row.database_id}/${row.query_hash}` } as const;
}
