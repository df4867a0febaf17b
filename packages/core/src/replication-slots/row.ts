import { query, type ReplicationSlots } from '@headgate/db';
import type { ReplicationSlot } from '@headgate/schema';
import type { Selectable } from 'kysely';

/** A registered slot as it is read. The password of its primary stays where it is: no view and no change needs it. */
export type ReplicationSlotRow = Omit<
  Selectable<ReplicationSlots>,
  'sealed_primary_password' | 'sealing_key_id'
>;

export const selectReplicationSlots = query
  .selectFrom('replication_slots')
  .select([
    'replication_slots.id',
    'replication_slots.org_id',
    'replication_slots.project_id',
    'replication_slots.database_id',
    'replication_slots.slot_name',
    'replication_slots.publication_name',
    'replication_slots.status',
    'replication_slots.upstream',
    'replication_slots.primary_host',
    'replication_slots.primary_port',
    'replication_slots.primary_database',
    'replication_slots.primary_username',
    'replication_slots.primary_ssl_mode',
    'replication_slots.version',
    'replication_slots.created_at',
    'replication_slots.updated_at',
    'replication_slots.deleted_at',
  ]);

/** A registered slot as its callers see it, built field by field. */
export function replicationSlotView(row: ReplicationSlotRow): ReplicationSlot {
  const primary = primaryView(row);
  return {
    id: row.id,
    project_id: row.project_id,
    database_id: row.database_id,
    slot_name: row.slot_name,
    publication_name: row.publication_name,
    status: row.status,
    ...(primary && { primary }),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** The table has all of it or nothing. */
function primaryView(row: ReplicationSlotRow): ReplicationSlot['primary'] {
  const { primary_host: host, primary_port: port, primary_database: database } = row;
  const { primary_username: username, primary_ssl_mode: sslMode } = row;
  if (host === null || port === null || database === null || username === null || sslMode === null)
    return undefined;
  return { host, port, database, username, ssl_mode: sslMode };
}

/** The entity tag of a version (RFC 9110, section 8.8.3), for `ETag` and what `If-Match` is held against. */
export function replicationSlotEtag(row: Pick<ReplicationSlotRow, 'version'>): string {
  return `"${row.version}"`;
}

/** What the audit log calls it. */
export function replicationSlotResource({ id }: Pick<ReplicationSlotRow, 'id'>) {
  return { kind: 'replication_slot' as const, id };
}
