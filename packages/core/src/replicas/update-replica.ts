import { query } from '@headgate/db';
import type { Replica, UpdateReplica } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import { changes } from '../audit.ts';
import type { Authorized } from '../authorize.ts';
import type { Context, Verb } from '../context.ts';
import { withWarnings } from '../databases/warnings.ts';
import { conflict } from '../errors.ts';
import { findOut } from '../find-out.ts';
import { mutate, type Decision } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { reader } from '../reader.ts';
import { later } from '../time.ts';
import { requireOk } from '../upstream/check-connection.ts';
import { checkReplicaProposal } from './check-proposal.ts';
import { lookupParent } from './lookup-parent.ts';
import { lookupReplica, type ReplicaPath } from './lookup-replica.ts';
import { proposeReplicaChange, type ReplicaProposal } from './propose-replica.ts';
import { replicaEtag, replicaView, type ReplicaRow } from './row.ts';
import { requireSameDatabase } from './same-version.ts';

const ACTION = 'replica.update';

interface Update extends ReplicaPath {
  readonly changes: UpdateReplica;
  readonly ifMatch?: IfMatch | undefined;
  /** Whether it is changed only if it can be connected to then, and follows its primary. */
  readonly verify?: boolean | undefined;
}

/** Changes what is given of a replica. A request that changes nothing leaves no trace. */
export async function updateReplica({ ctx, input }: Verb<Update>): Promise<Answer<Replica>> {
  const verified = input.verify === true ? await findOut(verify(ctx, input)) : undefined;
  return await mutate(ctx, ACTION, async (tx) => {
    const replica = await lookupReplica(ctx, tx, { ...input, action: ACTION, to: 'change' });
    checkIfMatch(input.ifMatch, replicaEtag(replica, replica.database_password_id));
    const database = await lookupParent(ctx, tx, { ...input, action: ACTION, to: 'read' });
    const { changes: given } = input;
    const proposal = await proposeReplicaChange(ctx, tx, { replica, database, changes: given, to: 'hold' });
    const tested = verified?.();
    if (tested !== undefined) {
      requireSameDatabase(tested, database);
      if (tested.version !== replica.version)
        throw conflict('The replica was changed while it was tested. Read it again and repeat the change.');
    }
    return decide(ctx, replica, { ...proposal, warnings: tested?.warnings ?? proposal.warnings });
  });
}

/** What would keep it from being changed is looked at first: nobody who may not change it has a server dialled. */
async function verify(ctx: Context, input: Update) {
  const { run } = reader(ctx);
  const replica = await lookupReplica(ctx, { run }, { ...input, action: ACTION, to: 'read' });
  checkIfMatch(input.ifMatch, replicaEtag(replica, replica.database_password_id));
  const database = await lookupParent(ctx, { run }, { ...input, action: ACTION, to: 'read' });
  const { changes: given } = input;
  const proposal = await proposeReplicaChange(
    ctx,
    { run },
    { replica, database, changes: given, to: 'read' },
  );
  const tested = await checkReplicaProposal(ctx, proposal);
  const { id, org_id: orgId, project_id: projectId } = replica;
  const resource = { kind: 'replica', id } as const;
  requireOk(tested, { action: 'replicaConnection.test', orgId, projectId, resource });
  const { check } = tested;
  return { version: replica.version, databaseVersion: database.version, warnings: check.warnings };
}

function decide(
  ctx: Context,
  replica: Authorized<ReplicaRow, typeof ACTION>,
  { row: changed, database, warnings }: ReplicaProposal,
): Decision<Replica, typeof ACTION> {
  const { password_id: passwordId } = database;
  const { before, after } = changes(audited(replica, passwordId), audited(changed, passwordId));
  if (Object.keys({ ...before, ...after }).length === 0) {
    return { on: replica, writes: [], audit: [], answer: answerOf(replica, passwordId, warnings) };
  }
  const { host, port, ssl_mode, ca_certificate_id, client_certificate_id, approved_password_id } = changed;
  const written = {
    ...{ host, port, ssl_mode, ca_certificate_id, client_certificate_id, approved_password_id },
    version: replica.version + 1,
    updated_at: later(ctx.clock.now(), replica.updated_at),
  };
  const row = { ...changed, ...written };
  const { id, org_id: orgId, project_id: projectId } = replica;
  return {
    on: replica,
    writes: [query.updateTable('replicas').set(written).where('id', '=', id)],
    audit: [{ action: ACTION, orgId, projectId, resource: { kind: 'replica', id }, before, after }],
    answer: answerOf(row, passwordId, warnings),
  };
}

/** A replica as the audit log tells of its changes: who approves one leaves an entry also where nothing else changes. */
function audited(row: ReplicaRow, passwordId: string | null) {
  return { ...replicaView(row, passwordId), approved_password_id: row.approved_password_id };
}

function answerOf(
  row: ReplicaRow,
  passwordId: string | null,
  warnings: ReplicaProposal['warnings'],
): Answer<Replica> {
  const view = withWarnings(replicaView(row, passwordId), warnings);
  return { view, etag: replicaEtag(row, passwordId) };
}
