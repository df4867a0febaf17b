import { prepare, type TenantTransaction } from '@headgate/db';
import { isId } from '@headgate/schema';
import { authorizeRow, type Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { selectDatabases, type DatabaseRow } from '../databases/row.ts';
import { notFound } from '../errors.ts';
import type { Action } from '../policy.ts';

interface Lookup<A extends Action> {
  readonly databaseId: string;
  readonly action: A;
  /** To read it or list what it has; or to add to it what is counted, one after the other. */
  readonly to: keyof typeof FIND;
}

const living = (id: string) => selectDatabases.where('id', '=', id).where('deleted_at', 'is', null);

/**
 * Holds a database until the transaction ends. Whoever writes a replica does, so that its number is exact, and whoever
 * deletes the database waits (PostgreSQL manual, section 13.3.2).
 */
export const holdDatabase = prepare((id: string) => living(id).forNoKeyUpdate());

const FIND = { read: prepare(living), fill: holdDatabase };

/**
 * Finds the database that replicas belong to, by its id alone: their paths name no project. The databases of a deleted
 * project are deleted with it.
 *
 * @throws HeadgateError NOT_FOUND when there is none or it is another tenant's, FORBIDDEN when the role is too weak
 */
export async function lookupParent<A extends Action>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { databaseId, action, to }: Lookup<A>,
): Promise<Authorized<DatabaseRow, A>> {
  if (!isId('db', databaseId)) throw notFound('database');
  const [row] = await run(FIND[to](databaseId));
  return authorizeRow(ctx, { row, what: 'database', projectId: row?.project_id ?? '' }, action);
}
