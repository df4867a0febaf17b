import { query, type Replicas } from '@headgate/db';
import type { Replica } from '@headgate/schema';
import type { Selectable } from 'kysely';

/**
 * A replica as it is read. `approved_password_id` names the password of its database that may be sent there, as whoever
 * approved its destination knew it; null where somebody who may read passwords approved it, for every password.
 */
export type ReplicaRow = Selectable<Replicas>;

export const selectReplicas = query.selectFrom('replicas').selectAll('replicas');

/** Whether the password that its database has now, by its name, may be sent to a replica by anybody who may reach it. */
export function isApproved(
  { approved_password_id: approved }: Pick<ReplicaRow, 'approved_password_id'>,
  passwordId: string | null,
): boolean {
  return approved === null || approved === passwordId;
}

/** A replica as its callers see it beside the password of its database, built field by field. */
export function replicaView(row: ReplicaRow, passwordId: string | null): Replica {
  return {
    id: row.id,
    database_id: row.database_id,
    host: row.host,
    port: row.port,
    ssl_mode: row.ssl_mode,
    ...(row.ca_certificate_id !== null && { ca_certificate_id: row.ca_certificate_id }),
    ...(row.client_certificate_id !== null && { client_certificate_id: row.client_certificate_id }),
    ...(!isApproved(row, passwordId) && { password_required: true }),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/**
 * The entity tag of a version (RFC 9110, section 8.8.3), for `ETag` and what `If-Match` is held against. That its
 * approval lapses changes what is read of a replica and not its row, and so stands in the tag by itself.
 */
export function replicaEtag(
  row: Pick<ReplicaRow, 'version' | 'approved_password_id'>,
  passwordId: string | null,
): string {
  return isApproved(row, passwordId) ? `"${row.version}"` : `"${row.version}-password-required"`;
}
