import { prepare, type TenantTransaction } from '@headgate/db';
import { isId } from '@headgate/schema';
import { authorizeRow, type Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import type { Action } from '../policy.ts';
import { restorableSince } from '../time.ts';
import { holdDatabase } from './lookup-parent.ts';
import { selectReplicas, type ReplicaRow } from './row.ts';

/** How a replica is named: by its own id under its database's. */
export interface ReplicaPath {
  readonly databaseId: string;
  readonly replicaId: string;
}

/** A replica with the name of the password that its database has. */
export interface FoundReplica extends ReplicaRow {
  readonly database_password_id: string | null;
}

interface Lookup<A extends Action> extends ReplicaPath {
  readonly action: A;
  /**
   * To read it; to change it, which holds it and its database until the transaction ends; or to restore it, which
   * finds it among the deleted too.
   */
  readonly to: keyof typeof FIND;
}

/** The replicas of a deleted database are as if deleted, whatever is asked of them. */
const byPath = (id: string, databaseId: string) =>
  selectReplicas
    .innerJoin('databases', 'databases.id', 'replicas.database_id')
    .select('databases.password_id as database_password_id')
    .where('databases.deleted_at', 'is', null)
    .where('replicas.id', '=', id)
    .where('replicas.database_id', '=', databaseId);
const living = (id: string, databaseId: string) =>
  byPath(id, databaseId).where('replicas.deleted_at', 'is', null);

const FIND = {
  read: prepare((id: string, databaseId: string, _since: Date) => living(id, databaseId)),
  change: prepare((id: string, databaseId: string, _since: Date) =>
    living(id, databaseId).forNoKeyUpdate('replicas'),
  ),
  restore: prepare((id: string, databaseId: string, since: Date) =>
    byPath(id, databaseId)
      .where((eb) => eb('replicas.deleted_at', 'is', null).or('replicas.deleted_at', '>', since))
      .forNoKeyUpdate('replicas'),
  ),
};

/**
 * Finds a replica for a caller who may do this to it. Its database is held by a statement of its own ahead of the one
 * that reads: a statement sees what was there when it began, and so would not see what it has waited for.
 *
 * @throws HeadgateError NOT_FOUND when there is none, it is of another database or another tenant's, FORBIDDEN when the
 *   role is too weak
 */
export async function lookupReplica<A extends Action>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { databaseId, replicaId, action, to }: Lookup<A>,
): Promise<Authorized<FoundReplica, A>> {
  if (!isId('db', databaseId) || !isId('rep', replicaId)) throw notFound('replica');
  const held = to === 'read' ? undefined : run(holdDatabase(databaseId));
  const found = run(FIND[to](replicaId, databaseId, restorableSince(ctx.clock)));
  const [[row]] = await Promise.all([found, held]);
  return authorizeRow(ctx, { row, what: 'replica', projectId: row?.project_id ?? '' }, action);
}
