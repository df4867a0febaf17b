import type { ConnectionCheck, CreateDatabase } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Context, Verb } from '../context.ts';
import { findOut } from '../find-out.ts';
import { mutate } from '../mutate.ts';
import { lookupOwner } from '../projects/lookup-owner.ts';
import { reader } from '../reader.ts';
import { testedView } from '../upstream/check-connection.ts';
import { unlessGone } from '../upstream/evidence.ts';
import { checkProposal } from './check-proposal.ts';
import { proposeDatabase } from './propose-database.ts';

const ACTION = 'databaseRegistration.test';

interface Test {
  readonly projectId: string;
  readonly database: CreateDatabase;
}

/** Tests a database before it is registered. Nothing is made; that it was tested is written down of the project. */
export async function testDatabaseRegistration({ ctx, input }: Verb<Test>): Promise<Answer<ConnectionCheck>> {
  const tested = await findOut(testIt(ctx, input));
  return await mutate(unlessGone(ctx), ACTION, async (tx) => {
    const project = await lookupOwner(ctx, tx, { id: input.projectId, action: ACTION, to: 'list' });
    const { check, target } = tested();
    const { id, org_id: orgId } = project;
    const after = testedView(target, check);
    return {
      on: project,
      writes: [],
      audit: [{ action: ACTION, orgId, projectId: id, resource: { kind: 'project', id }, after }],
      answer: { view: check },
    };
  });
}

async function testIt(ctx: Context, { projectId, database: input }: Test) {
  const { run } = reader(ctx);
  const owner = await lookupOwner(ctx, { run }, { id: projectId, action: ACTION, to: 'list' });
  return await checkProposal(ctx, await proposeDatabase(ctx, { run }, { owner, input, to: 'read' }));
}
