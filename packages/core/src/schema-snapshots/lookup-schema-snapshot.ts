import { prepare, query, type TenantTransaction } from '@headgate/db';
import { isId } from '@headgate/schema';
import { sql } from 'kysely';
import { HeadgateError, notFound } from '../errors.ts';
import { selectSnapshots, type SnapshotRow } from './row.ts';

type Reader = Pick<TenantTransaction, 'run'>;

const byId = prepare((id: string, databaseId: string) =>
  selectSnapshots.where('id', '=', id).where('database_id', '=', databaseId),
);
/** One of all schemas before those of some, which show a part of the database. */
const last = prepare((databaseId: string) =>
  selectSnapshots
    .where('database_id', '=', databaseId)
    .orderBy(sql`(summary -> 'schemas') is not null`)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1),
);
const bodyOf = prepare((id: string) =>
  query.selectFrom('schema_snapshots').select('body').where('id', '=', id),
);

/**
 * Finds a snapshot of a database that the caller may read: the one that is named, or the last of all schemas;
 * the last of some where there is none of all.
 *
 * @throws HeadgateError NOT_FOUND when there is none
 */
export async function lookupSchemaSnapshot(
  { run }: Reader,
  databaseId: string,
  snapshotId: string | undefined,
): Promise<SnapshotRow> {
  if (snapshotId === undefined) {
    const [row] = await run(last(databaseId));
    if (row === undefined) throw new HeadgateError('NOT_FOUND', NONE_YET);
    return row;
  }
  if (!isId('snap', snapshotId)) throw notFound('schema snapshot');
  const [row] = await run(byId(snapshotId, databaseId));
  if (row === undefined) throw notFound('schema snapshot');
  return row;
}

const NONE_YET = 'There is no schema snapshot of this database yet. Take one with POST …/introspect.';

/**
 * What a snapshot holds, compressed.
 *
 * @throws HeadgateError NOT_FOUND when it has just made room for a newer one
 */
export async function readBody({ run }: Reader, { id }: Pick<SnapshotRow, 'id'>): Promise<Buffer> {
  const [row] = await run(bodyOf(id));
  if (row === undefined) throw notFound('schema snapshot');
  return row.body;
}
