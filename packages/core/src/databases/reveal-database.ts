import { prepare, query, type TenantTransaction } from '@headgate/db';
import type { Database } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Context, Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { lookupDatabase, type DatabasePath } from './lookup-database.ts';
import { passwordOwner } from './password.ts';
import { databaseEtag, databaseView } from './row.ts';

const sealedOf = prepare((id: string) =>
  query.selectFrom('databases').select('sealed_password').where('id', '=', id),
);

/**
 * One database with its password, as the answer's secret; a blank primary has none. Each time leaves an audit entry:
 * where that cannot be written, nothing is shown.
 */
export async function revealDatabase({ ctx, input }: Verb<DatabasePath>): Promise<Answer<Database>> {
  const action = 'database.reveal';
  return await mutate(ctx, action, async (tx) => {
    const database = await lookupDatabase(ctx, tx, { ...input, action, to: 'read' });
    const { id, org_id: orgId, project_id: projectId } = database;
    return {
      on: database,
      writes: [],
      audit: [{ action, orgId, projectId, resource: { kind: 'database', id } }],
      answer: {
        view: databaseView(database, ctx.settings),
        etag: databaseEtag(database),
        secret: await openPassword(ctx, tx, id),
      },
    };
  });
}

async function openPassword(
  { vault }: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  databaseId: string,
): Promise<string | undefined> {
  const [row] = await run(sealedOf(databaseId));
  if (row === undefined || row.sealed_password === null) return undefined;
  return await vault.open(row.sealed_password, passwordOwner(databaseId));
}
