import { prepare, query, type TenantTransaction } from '@headgate/db';
import { MAX_REPLICATION_SLOTS_PER_DATABASE as MAX, type Warning } from '@headgate/schema';
import type { DatabaseRow } from '../databases/row.ts';

/** Nobody can delete a slot of a deleted database: only another registration takes it away meanwhile. */
const find = prepare((databaseId: string, since: Date) =>
  query
    .selectFrom('replication_slots')
    .select('slot_name')
    .where('database_id', '=', databaseId)
    .where('deleted_at', '>', since)
    .orderBy('slot_name')
    .limit(MAX),
);

/** A warning for each slot that does not come back with a deleted database, since it is registered for another one. */
export async function displacedWhileDeleted(
  { run }: Pick<TenantTransaction, 'run'>,
  { id, deleted_at: deletedAt }: Pick<DatabaseRow, 'id' | 'deleted_at'>,
): Promise<Warning[]> {
  if (deletedAt === null) return [];
  const rows = await run(find(id, deletedAt));
  return rows.map(({ slot_name: name }) => ({
    code: 'replication_slot_displaced',
    message: `The replication slot ${name} was registered for another database while this one was deleted, and is not registered for this one any more.`,
  }));
}
