import type { ConnectionCheck, CreateReplica } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Context, Verb } from '../context.ts';
import { findOut } from '../find-out.ts';
import { mutate } from '../mutate.ts';
import { reader } from '../reader.ts';
import { testedView } from '../upstream/check-connection.ts';
import { unlessGone } from '../upstream/evidence.ts';
import { checkReplicaProposal } from './check-proposal.ts';
import { lookupParent } from './lookup-parent.ts';
import { proposeReplica } from './propose-replica.ts';

const ACTION = 'replicaRegistration.test';

interface Test {
  readonly databaseId: string;
  readonly replica: CreateReplica;
}

/** Tests a replica before it is registered. Nothing is made; that it was tested is written down of its database. */
export async function testReplicaRegistration({ ctx, input }: Verb<Test>): Promise<Answer<ConnectionCheck>> {
  const tested = await findOut(testIt(ctx, input));
  return await mutate(unlessGone(ctx), ACTION, async (tx) => {
    const { databaseId } = input;
    const database = await lookupParent(ctx, tx, { databaseId, action: ACTION, to: 'read' });
    const { check, target } = tested();
    const { id, org_id: orgId, project_id: projectId } = database;
    const after = testedView(target, check);
    return {
      on: database,
      writes: [],
      audit: [{ action: ACTION, orgId, projectId, resource: { kind: 'database', id }, after }],
      answer: { view: check },
    };
  });
}

async function testIt(ctx: Context, { databaseId, replica: input }: Test) {
  const { run } = reader(ctx);
  const database = await lookupParent(ctx, { run }, { databaseId, action: ACTION, to: 'read' });
  return await checkReplicaProposal(ctx, await proposeReplica(ctx, { run }, { database, input, to: 'read' }));
}
