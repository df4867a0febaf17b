import { query } from '@headgate/db';
import type { Database } from '@headgate/schema';
import { checkCertificatesLeft } from '../certificates/check-certificates.ts';
import type { Verb } from '../context.ts';
import { conflict } from '../errors.ts';
import type { Answer } from '../answer.ts';
import { mutate } from '../mutate.ts';
import { lookupOwner } from '../projects/lookup-owner.ts';
import { displacedWhileDeleted } from '../replication-slots/displaced-while-deleted.ts';
import { later } from '../time.ts';
import { checkRoom } from './check-room.ts';
import { lookupDatabase, type DatabasePath } from './lookup-database.ts';
import { databaseEtag, databaseView } from './row.ts';
import { withWarnings } from './warnings.ts';

/** Brings a deleted database back as it was, but for slots that are registered for another one since: a warning each. */
export async function restoreDatabase({ ctx, input }: Verb<DatabasePath>): Promise<Answer<Database>> {
  const action = 'database.restore';
  return await mutate(ctx, action, async (tx) => {
    // Held first, as everywhere, so that the project is not deleted meanwhile and this database left behind alive.
    const project = await lookupOwner(ctx, tx, { id: input.projectId, action, to: 'restore' });
    const database = await lookupDatabase(ctx, tx, { ...input, action, to: 'restore' });
    if (project.deleted_at !== null) throw conflict('Its project is deleted. Restore the project first.');
    if (database.deleted_at === null) throw conflict('The database is not deleted.');
    checkRoom(ctx, project);
    await checkCertificatesLeft(tx, database);
    const warnings = await displacedWhileDeleted(tx, database);
    const written = {
      deleted_at: null,
      version: database.version + 1,
      updated_at: later(ctx.clock.now(), database.updated_at),
    };
    const row = { ...database, ...written };
    const view = databaseView(row, ctx.settings);
    const { id, org_id: orgId, project_id: projectId } = database;
    return {
      on: database,
      writes: [query.updateTable('databases').set(written).where('id', '=', id)],
      audit: [{ action, orgId, projectId, resource: { kind: 'database', id }, after: view }],
      answer: { view: withWarnings(view, warnings), etag: databaseEtag(row) },
    };
  });
}
