import type { TenantTransaction } from '@headgate/db';
import { isId } from '@headgate/schema';
import { authorizeRow, type Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import type { Action } from '../policy.ts';
import { restorableSince } from '../time.ts';
import { selectDatabases, type DatabaseRow } from './row.ts';

/** How a database is named: by its own id under its project's. */
export interface DatabasePath {
  readonly projectId: string;
  readonly databaseId: string;
}

interface Lookup extends DatabasePath {
  readonly action: Action;
  /** Whether to hold the row until the transaction ends, so that it can be changed. */
  readonly hold?: boolean;
  /** Whether to find it among the deleted too, as long as it can be restored. */
  readonly withDeleted?: boolean;
}

/**
 * Finds a database for a caller who may do this to it. The databases of a deleted project are deleted with it.
 *
 * @throws HeadgateError NOT_FOUND when there is none, it is in another project or another tenant's, FORBIDDEN when the
 *   role is too weak
 */
export async function lookupDatabase(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { projectId, databaseId, action, hold = false, withDeleted = false }: Lookup,
): Promise<Authorized<DatabaseRow>> {
  if (!isId('prj', projectId) || !isId('db', databaseId)) throw notFound('database');
  let found = selectDatabases
    .where('id', '=', databaseId)
    .where('project_id', '=', projectId)
    .where((eb) => {
      const isLiving = eb('deleted_at', 'is', null);
      return withDeleted ? isLiving.or('deleted_at', '>', restorableSince(ctx.clock)) : isLiving;
    });
  if (hold) found = found.forNoKeyUpdate();
  const [row] = await run(found);
  if (row === undefined) throw notFound('database');
  return authorizeRow(ctx, row, action);
}
