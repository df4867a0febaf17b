import type { Database } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { lookupDatabase, type DatabasePath } from './lookup-database.ts';
import { openPassword } from './password.ts';
import { databaseEtag, databaseView } from './row.ts';

/**
 * One database with its password, as the answer's secret; a blank primary has none. Each time leaves an audit entry:
 * where that cannot be written, nothing is shown.
 */
export async function revealDatabase({ ctx, input }: Verb<DatabasePath>): Promise<Answer<Database>> {
  const action = 'database.reveal';
  return await mutate(ctx, action, async (tx) => {
    // Held, so that the password is of the version that is shown beside it.
    const database = await lookupDatabase(ctx, tx, { ...input, action, to: 'change' });
    const { id, org_id: orgId, project_id: projectId } = database;
    return {
      on: database,
      writes: [],
      audit: [{ action, orgId, projectId, resource: { kind: 'database', id } }],
      answer: {
        view: databaseView(database, ctx.settings),
        etag: databaseEtag(database),
        secret: await openPassword(ctx, tx, database),
      },
    };
  });
}
