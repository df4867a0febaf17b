/** What the tables hold of the organizations of the traffic, as the superuser sees it. */
import type { Sql } from 'postgres';
import type { View } from '../ledger.ts';

/** A row as far as it is held against what was acknowledged. */
export interface FoundRow {
  /** As the audit log names it. */
  readonly id: string;
  readonly version: number;
  readonly isGone: boolean;
}

export interface Found {
  readonly rows: readonly FoundRow[];
  /** How many entries there are, by action and resource: `project.create prj_…`. */
  readonly entries: ReadonlyMap<string, number>;
  /** The first answers by their idempotency keys. */
  readonly answers: ReadonlyMap<string, View>;
  /** The ids of projects by their names. */
  readonly projects: ReadonlyMap<string, readonly string[]>;
}

export async function readRows(sql: Sql, orgIds: readonly string[]): Promise<Found> {
  const rows = await sql<FoundRow[]>`
    select id, version, deleted_at is not null as "isGone" from projects where org_id in ${sql(orgIds)}
    union all
    select id, version, deleted_at is not null from databases where org_id in ${sql(orgIds)}
    union all
    select id, version, deleted_at is not null from replicas where org_id in ${sql(orgIds)}
    union all
    select database_id || '/' || query_hash, version, false from cache_rules where org_id in ${sql(orgIds)}
    union all
    select id, version, revoked_at is not null from api_keys where org_id in ${sql(orgIds)}`;
  const entries = await sql<{ name: string; times: number }[]>`
    select action || ' ' || resource_id as name, count(*)::int as times
    from audit_entries where org_id in ${sql(orgIds)} and action <> 'database.reveal' group by 1`;
  const answers = await sql<{ key: string; view: View }[]>`
    select key, answer -> 'view' as view from idempotency_records where org_id in ${sql(orgIds)}`;
  const projects = await sql<{ name: string; ids: string[] }[]>`
    select name, array_agg(id) as ids from projects where org_id in ${sql(orgIds)} group by name`;
  return {
    rows,
    entries: new Map(entries.map(({ name, times }) => [name, times])),
    answers: new Map(answers.map(({ key, view }) => [key, view])),
    projects: new Map(projects.map(({ name, ids }) => [name, ids])),
  };
}
