import type { TenantTransaction } from '@headgate/db';
import {
  DEFAULT_SSL_MODE,
  newId,
  type CreateReplica,
  type UpdateReplica,
  type Warning,
} from '@headgate/schema';
import type { Authorized } from '../authorize.ts';
import { checkCertificates } from '../certificates/check-certificates.ts';
import type { Context } from '../context.ts';
import { unlessBlank } from '../databases/propose-change.ts';
import { isConfigured, type DatabaseRow } from '../databases/row.ts';
import { serverWarnings } from '../databases/warnings.ts';
import { conflict } from '../errors.ts';
import type { Action } from '../policy.ts';
import { approvalAfter } from './approval.ts';
import type { ReplicaRow } from './row.ts';

/** A replica as it would be if a request were carried out. */
export interface ReplicaProposal {
  readonly row: ReplicaRow;
  /** The database that it replicates, as it is. */
  readonly database: Authorized<DatabaseRow, Action>;
  /** What its owner should know of it. */
  readonly warnings: readonly Warning[];
}

interface New<A extends Action> {
  readonly database: Authorized<DatabaseRow, A>;
  readonly input: CreateReplica;
  /** To hold the certificates that it names until the transaction ends, or only to read. */
  readonly to: 'read' | 'hold';
}

/**
 * A new replica of a database as a request describes it.
 *
 * @throws HeadgateError INVALID_INPUT for what cannot be, and where the caller has to give the password of the database;
 *   CONFLICT while that has none
 */
export async function proposeReplica<A extends Action>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { database, input, to }: New<A>,
): Promise<ReplicaProposal> {
  if (!isConfigured(database)) {
    throw conflict(
      'Its database is not configured yet, and a replica is reached with its credentials. PATCH the database with host, port, name, username and password first.',
    );
  }
  const now = ctx.clock.now();
  const described = {
    id: newId('rep'),
    org_id: database.org_id,
    project_id: database.project_id,
    database_id: database.id,
    host: input.host,
    port: input.port,
    ssl_mode: input.ssl_mode ?? DEFAULT_SSL_MODE,
    ca_certificate_id: unlessBlank(input.ca_certificate_id, null),
    client_certificate_id: unlessBlank(input.client_certificate_id, null),
    version: 1,
    created_at: now,
    updated_at: now,
    deleted_at: null,
  };
  const { password } = input;
  const approval = await approvalAfter(ctx, { run }, { database, from: database, to: described, password });
  const row: ReplicaRow = { ...described, approved_password_id: approval };
  await checkCertificates({ run }, { ...row, given: input, to });
  return { row, database, warnings: warningsOf(row, database) };
}

interface Change<A extends Action> {
  readonly replica: ReplicaRow;
  readonly database: Authorized<DatabaseRow, A>;
  readonly changes: UpdateReplica;
  readonly to: 'read' | 'hold';
}

/**
 * A replica as it would be if a change were made to it. Its row keeps the version of what it is a change of.
 *
 * @throws HeadgateError INVALID_INPUT for what cannot be, and where the caller has to give the password of the database
 */
export async function proposeReplicaChange<A extends Action>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { replica, database, changes, to }: Change<A>,
): Promise<ReplicaProposal> {
  const { ssl_mode: sslMode = '' } = changes;
  const described: ReplicaRow = {
    ...replica,
    host: changes.host ?? replica.host,
    port: changes.port ?? replica.port,
    ssl_mode: sslMode === '' ? replica.ssl_mode : sslMode,
    ca_certificate_id: unlessBlank(changes.ca_certificate_id, replica.ca_certificate_id),
    client_certificate_id: unlessBlank(changes.client_certificate_id, replica.client_certificate_id),
  };
  const { password } = changes;
  const before = { from: replica, approval: replica.approved_password_id };
  const approval = await approvalAfter(ctx, { run }, { database, ...before, to: described, password });
  const row: ReplicaRow = { ...described, approved_password_id: approval };
  await checkCertificates({ run }, { ...row, given: changes, to });
  return { row, database, warnings: warningsOf(row, database) };
}

function warningsOf(row: ReplicaRow, { username }: DatabaseRow): Warning[] {
  return serverWarnings({ ...row, username, provider: null });
}
