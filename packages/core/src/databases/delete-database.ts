import { query } from '@headgate/db';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { later } from '../time.ts';
import { lookupDatabase, type DatabasePath } from './lookup-database.ts';
import { databaseEtag, databaseView } from './row.ts';

interface Delete extends DatabasePath {
  readonly ifMatch?: IfMatch | undefined;
}

/** Deletes a database's registration; the upstream is not touched. */
export async function deleteDatabase({ ctx, input }: Verb<Delete>): Promise<void> {
  const { ifMatch, ...path } = input;
  await mutate(ctx, 'database.delete', async (tx) => {
    const database = await lookupDatabase(ctx, tx, { ...path, action: 'database.delete', to: 'delete' });
    checkIfMatch(ifMatch, databaseEtag(database));
    const { id, org_id: orgId, project_id: projectId, version } = database;
    const deletedAt = later(ctx.clock.now(), database.updated_at);
    const written = { deleted_at: deletedAt, updated_at: deletedAt, version: version + 1 };
    const before = databaseView(database, ctx.settings);
    return {
      on: database,
      writes: [query.updateTable('databases').set(written).where('id', '=', id)],
      audit: [{ action: 'database.delete', orgId, projectId, resource: { kind: 'database', id }, before }],
      answer: { view: undefined },
    };
  });
}
