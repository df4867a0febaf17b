import { insert } from '@headgate/db';
import {
  DEFAULT_SSL_MODE,
  SLOT_PARTS,
  newId,
  type CreateReplicationSlot,
  type CreatedReplicationSlot,
} from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { AuditEntry } from '../audit.ts';
import type { Context } from '../context.ts';
import type { DatabaseRow } from '../databases/row.ts';
import { withWarnings } from '../databases/warnings.ts';
import type { PreparedRegistration } from './prepare-slots.ts';
import { sealPrimaryPassword } from './primary-password.ts';
import {
  replicationSlotEtag,
  replicationSlotResource,
  replicationSlotView,
  type ReplicationSlotRow,
} from './row.ts';

type Parent = Pick<DatabaseRow, 'id' | 'project_id' | 'org_id'>;

/** The registration of a slot that was prepared: the statement that adds it, its audit entry, and the answer. */
export async function newSlot(
  ctx: Context,
  database: Parent,
  { given, identity, prepared }: PreparedRegistration,
) {
  const row = newRow(ctx, database, given, identity.upstream);
  const password = given.primary && (await sealPrimaryPassword(ctx, row.id, given.primary.password));
  const created = SLOT_PARTS.filter((part) => prepared.made[part]);
  const view = { ...replicationSlotView(row), created };
  const { tables, create_if_missing: createIfMissing = false } = given;
  const audit: AuditEntry = {
    ...{ action: 'replicationSlot.create', orgId: row.org_id, projectId: row.project_id },
    resource: replicationSlotResource(row),
    after: { ...view, create_if_missing: createIfMissing, ...(tables && { tables }) },
  };
  const answer: Answer<CreatedReplicationSlot> = {
    view: withWarnings(view, prepared.warnings),
    etag: replicationSlotEtag(row),
  };
  return { write: insert('replication_slots', { ...row, ...password }), audit, answer };
}

function newRow(
  ctx: Context,
  database: Parent,
  given: CreateReplicationSlot,
  upstream: string,
): ReplicationSlotRow {
  const now = ctx.clock.now();
  const { primary } = given;
  return {
    id: newId('slot'),
    org_id: database.org_id,
    project_id: database.project_id,
    database_id: database.id,
    slot_name: given.slot_name,
    publication_name: given.publication_name,
    status: given.status ?? 'active',
    upstream,
    primary_host: primary?.host ?? null,
    primary_port: primary?.port ?? null,
    primary_database: primary?.database ?? null,
    primary_username: primary?.username ?? null,
    primary_ssl_mode: primary ? (primary.ssl_mode ?? DEFAULT_SSL_MODE) : null,
    version: 1,
    created_at: now,
    updated_at: now,
    deleted_at: null,
  };
}
