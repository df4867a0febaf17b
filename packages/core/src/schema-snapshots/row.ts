import { query, type SchemaSnapshots } from '@headgate/db';
import type { SchemaSnapshot } from '@headgate/schema';
import type { Selectable } from 'kysely';

/** A snapshot as it is read, without what it holds. */
export type SnapshotRow = Omit<Selectable<SchemaSnapshots>, 'body'>;

/** What is said of a snapshot as a whole, beside its columns. */
export type SnapshotSummary = Omit<SchemaSnapshot, 'id' | 'database_id' | 'hash' | 'created_at'>;

export const selectSnapshots = query
  .selectFrom('schema_snapshots')
  .select(['id', 'org_id', 'project_id', 'database_id', 'hash', 'summary', 'created_at']);

/** A snapshot as its callers see it, built field by field. */
export function schemaSnapshotView(row: SnapshotRow): SchemaSnapshot {
  const summary = row.summary as unknown as SnapshotSummary;
  return {
    id: row.id,
    database_id: row.database_id,
    server_version: summary.server_version,
    hash: row.hash,
    ...(summary.schemas && { schemas: summary.schemas }),
    ...(summary.excluded_schemas && { excluded_schemas: summary.excluded_schemas }),
    counts: summary.counts,
    truncated: summary.truncated,
    skipped: summary.skipped,
    ...(summary.unchanged_since !== undefined && { unchanged_since: summary.unchanged_since }),
    created_at: row.created_at.toISOString(),
  };
}

/** A snapshot never changes: its id says which one it is (RFC 9110, section 8.8.3). */
export function schemaSnapshotEtag({ id }: Pick<SnapshotRow, 'id'>): string {
  return `"${id}"`;
}
