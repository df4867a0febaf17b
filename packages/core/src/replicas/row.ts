import { query, type Replicas } from '@headgate/db';
import type { Replica } from '@headgate/schema';
import type { Selectable } from 'kysely';

/** A replica as it is read. */
export type ReplicaRow = Selectable<Replicas>;

export const selectReplicas = query.selectFrom('replicas').selectAll('replicas');

/** A replica as its callers see it, built field by field. */
export function replicaView(row: ReplicaRow): Replica {
  return {
    id: row.id,
    database_id: row.database_id,
    host: row.host,
    port: row.port,
    ssl_mode: row.ssl_mode,
    ...(row.ca_certificate_id !== null && { ca_certificate_id: row.ca_certificate_id }),
    ...(row.client_certificate_id !== null && { client_certificate_id: row.client_certificate_id }),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** The entity tag of a version (RFC 9110, section 8.8.3), for `ETag` and what `If-Match` is held against. */
export function replicaEtag(row: Pick<ReplicaRow, 'version'>): string {
  return `"${row.version}"`;
}
