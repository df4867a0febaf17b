import type { ConnectionCheck, TestReplicaConnection } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Context, Verb } from '../context.ts';
import { findOut } from '../find-out.ts';
import { mutate } from '../mutate.ts';
import { reader } from '../reader.ts';
import { testedView } from '../upstream/check-connection.ts';
import { unlessGone } from '../upstream/evidence.ts';
import { checkReplicaProposal } from './check-proposal.ts';
import { lookupParent } from './lookup-parent.ts';
import { lookupReplica, type ReplicaPath } from './lookup-replica.ts';
import { proposeReplicaChange } from './propose-replica.ts';

const ACTION = 'replicaConnection.test';

interface Test extends ReplicaPath {
  /** What would be changed. */
  readonly changes?: TestReplicaConnection | undefined;
}

/** Tests a replica as it is, or as a change would make it. Nothing is changed; that it was tested is written down. */
export async function testReplicaConnection({ ctx, input }: Verb<Test>): Promise<Answer<ConnectionCheck>> {
  const tested = await findOut(testIt(ctx, input));
  return await mutate(unlessGone(ctx), ACTION, async (tx) => {
    const replica = await lookupReplica(ctx, tx, { ...input, action: ACTION, to: 'read' });
    const { check, target } = tested();
    const { id, org_id: orgId, project_id: projectId } = replica;
    const after = testedView(target, check);
    return {
      on: replica,
      writes: [],
      audit: [{ action: ACTION, orgId, projectId, resource: { kind: 'replica', id }, after }],
      answer: { view: check },
    };
  });
}

async function testIt(ctx: Context, { changes = {}, ...path }: Test) {
  const { run } = reader(ctx);
  const replica = await lookupReplica(ctx, { run }, { ...path, action: ACTION, to: 'read' });
  const database = await lookupParent(ctx, { run }, { ...path, action: ACTION, to: 'read' });
  const proposal = await proposeReplicaChange(ctx, { run }, { replica, database, changes, to: 'read' });
  return await checkReplicaProposal(ctx, proposal);
}
