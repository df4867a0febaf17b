import type { ConnectionCheck, TestDatabaseConnection } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Context, Verb } from '../context.ts';
import { findOut } from '../find-out.ts';
import { mutate } from '../mutate.ts';
import { reader } from '../reader.ts';
import { testedView } from '../upstream/check-connection.ts';
import { unlessGone } from '../upstream/evidence.ts';
import { checkProposal } from './check-proposal.ts';
import { lookupDatabase, type DatabasePath } from './lookup-database.ts';
import { proposeChange } from './propose-change.ts';

const ACTION = 'databaseConnection.test';

interface Test extends DatabasePath {
  /** What would be changed. */
  readonly changes?: TestDatabaseConnection | undefined;
}

/** Tests a database as it is, or as a change would make it. Nothing is changed; that it was tested is written down. */
export async function testDatabaseConnection({ ctx, input }: Verb<Test>): Promise<Answer<ConnectionCheck>> {
  const tested = await findOut(testIt(ctx, input));
  return await mutate(unlessGone(ctx), ACTION, async (tx) => {
    const database = await lookupDatabase(ctx, tx, { ...input, action: ACTION, to: 'read' });
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

async function testIt(ctx: Context, { changes = {}, ...path }: Test) {
  const { run } = reader(ctx);
  const database = await lookupDatabase(ctx, { run }, { ...path, action: ACTION, to: 'read' });
  return await checkProposal(ctx, await proposeChange(ctx, { run }, { database, changes, to: 'read' }));
}
