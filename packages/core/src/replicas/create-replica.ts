import { insert } from '@headgate/db';
import type { CreateReplica, Replica } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Context, Verb } from '../context.ts';
import { withWarnings } from '../databases/warnings.ts';
import { findOut } from '../find-out.ts';
import { mutate } from '../mutate.ts';
import { checkLimit } from '../organizations/limits.ts';
import { reader } from '../reader.ts';
import { requireOk } from '../upstream/check-connection.ts';
import { checkReplicaProposal } from './check-proposal.ts';
import { countReplicas } from './count-replicas.ts';
import { lookupParent } from './lookup-parent.ts';
import { proposeReplica } from './propose-replica.ts';
import { replicaEtag, replicaView } from './row.ts';
import { requireSameDatabase } from './same-version.ts';

const ACTION = 'replica.create';

interface Create {
  readonly databaseId: string;
  readonly replica: CreateReplica;
  /** Whether it is registered only if it can be connected to, and follows its primary. */
  readonly verify?: boolean | undefined;
}

/** Registers a read replica of a database. */
export async function createReplica({ ctx, input }: Verb<Create>): Promise<Answer<Replica>> {
  const verified = input.verify === true ? await findOut(verify(ctx, input)) : undefined;
  return await mutate(ctx, ACTION, async (tx) => {
    const { databaseId, replica } = input;
    const [database, replicas] = await Promise.all([
      lookupParent(ctx, tx, { databaseId, action: ACTION, to: 'fill' }),
      countReplicas(tx, databaseId),
    ]);
    const { row, warnings } = await proposeReplica(ctx, tx, { database, input: replica, to: 'hold' });
    checkLimit(ctx, 'replicas_per_database', replicas);
    const tested = verified?.();
    if (tested !== undefined) requireSameDatabase(tested, database);
    const { org_id: orgId, project_id: projectId, password_id: passwordId } = database;
    const view = replicaView(row, passwordId);
    return {
      on: database,
      writes: [insert('replicas', row)],
      audit: [{ action: ACTION, orgId, projectId, resource: { kind: 'replica', id: row.id }, after: view }],
      answer: { view: withWarnings(view, tested?.warnings ?? warnings), etag: replicaEtag(row, passwordId) },
    };
  });
}

/** What would keep it from being registered is looked at first: nobody who may not register it has a server dialled. */
async function verify(ctx: Context, { databaseId, replica: input }: Create) {
  const { run } = reader(ctx);
  const database = await lookupParent(ctx, { run }, { databaseId, action: ACTION, to: 'read' });
  const proposal = await proposeReplica(ctx, { run }, { database, input, to: 'read' });
  checkLimit(ctx, 'replicas_per_database', await countReplicas({ run }, databaseId));
  const tested = await checkReplicaProposal(ctx, proposal);
  const { id, org_id: orgId, project_id: projectId } = database;
  const resource = { kind: 'database', id } as const;
  requireOk(tested, { action: 'replicaRegistration.test', orgId, projectId, resource });
  const { check } = tested;
  return { databaseVersion: database.version, warnings: check.warnings };
}
