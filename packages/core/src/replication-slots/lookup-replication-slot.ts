import { prepare, type TenantTransaction } from '@headgate/db';
import { isId } from '@headgate/schema';
import { authorizeRow, type Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import type { DatabasePath } from '../databases/lookup-database.ts';
import { notFound } from '../errors.ts';
import type { Action } from '../policy.ts';
import { holdDatabase } from '../replicas/lookup-parent.ts';
import { restorableSince } from '../time.ts';
import { selectReplicationSlots, type ReplicationSlotRow } from './row.ts';

/** How a registered slot is named: by its own id under its database's. */
export interface ReplicationSlotPath extends DatabasePath {
  readonly slotId: string;
}

interface Lookup<A extends Action> extends ReplicationSlotPath {
  readonly action: A;
  /**
   * To read it; to change it, which holds it and its database until the transaction ends; or to restore it, which
   * finds it among the deleted too.
   */
  readonly to: keyof typeof FIND;
}

/** The slots of a deleted database are as if deleted, whatever is asked of them. */
const byPath = ({ projectId, databaseId, slotId }: ReplicationSlotPath) =>
  selectReplicationSlots
    .innerJoin('databases', 'databases.id', 'replication_slots.database_id')
    .where('databases.deleted_at', 'is', null)
    .where('replication_slots.id', '=', slotId)
    .where('replication_slots.database_id', '=', databaseId)
    .where('replication_slots.project_id', '=', projectId);
const living = (path: ReplicationSlotPath) => byPath(path).where('replication_slots.deleted_at', 'is', null);

const toPath = (projectId: string, databaseId: string, slotId: string) => ({ projectId, databaseId, slotId });

const FIND = {
  read: prepare((slot: string, database: string, project: string, _since: Date) =>
    living(toPath(project, database, slot)),
  ),
  change: prepare((slot: string, database: string, project: string, _since: Date) =>
    living(toPath(project, database, slot)).forNoKeyUpdate('replication_slots'),
  ),
  restore: prepare((slot: string, database: string, project: string, since: Date) =>
    byPath(toPath(project, database, slot))
      .where((eb) =>
        eb('replication_slots.deleted_at', 'is', null).or('replication_slots.deleted_at', '>', since),
      )
      .forNoKeyUpdate('replication_slots'),
  ),
};

/**
 * Finds a registered slot for a caller who may do this to it. Its database is held by a statement of its own ahead of
 * the one that reads: a statement sees what was there when it began, and so would not see what it has waited for.
 *
 * @throws HeadgateError NOT_FOUND when there is none, it is of another database or another tenant's, FORBIDDEN when the
 *   role is too weak
 */
export async function lookupReplicationSlot<A extends Action>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { projectId, databaseId, slotId, action, to }: Lookup<A>,
): Promise<Authorized<ReplicationSlotRow, A>> {
  const what = 'replication slot';
  if (!isId('prj', projectId) || !isId('db', databaseId) || !isId('slot', slotId)) throw notFound(what);
  const held = to === 'read' ? undefined : run(holdDatabase(databaseId));
  const found = run(FIND[to](slotId, databaseId, projectId, restorableSince(ctx.clock)));
  const [[row]] = await Promise.all([found, held]);
  return authorizeRow(ctx, { row, what, projectId }, action);
}
