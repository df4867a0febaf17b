import { prepare, query, type TenantTransaction } from '@headgate/db';
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

interface Lookup<A extends Action> extends DatabasePath {
  readonly action: A;
  /**
   * To read it; to change it, which holds the row until the transaction ends; to delete it, which holds its project
   * before, where databases are counted; or to restore it, which finds it among the deleted too.
   */
  readonly to: 'delete' | keyof typeof FIND;
}

const byPath = (id: string, projectId: string) =>
  selectDatabases.where('id', '=', id).where('project_id', '=', projectId);
const living = (id: string, projectId: string) => byPath(id, projectId).where('deleted_at', 'is', null);

const FIND = {
  read: prepare((id: string, projectId: string, _since: Date) => living(id, projectId)),
  change: prepare((id: string, projectId: string, _since: Date) => living(id, projectId).forNoKeyUpdate()),
  restore: prepare((id: string, projectId: string, since: Date) =>
    byPath(id, projectId)
      .where((eb) => eb('deleted_at', 'is', null).or('deleted_at', '>', since))
      .forNoKeyUpdate(),
  ),
};

const holdProject = prepare((id: string) =>
  query.selectFrom('projects').select('id').where('id', '=', id).forNoKeyUpdate(),
);

/**
 * Finds a database for a caller who may do this to it. The databases of a deleted project are deleted with it.
 *
 * @throws HeadgateError NOT_FOUND when there is none, it is in another project or another tenant's, FORBIDDEN when the
 *   role is too weak
 */
export async function lookupDatabase<A extends Action>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { projectId, databaseId, action, to }: Lookup<A>,
): Promise<Authorized<DatabaseRow, A>> {
  if (!isId('prj', projectId) || !isId('db', databaseId)) throw notFound('database');
  const held = to === 'delete' ? run(holdProject(projectId)) : undefined;
  const find = FIND[to === 'delete' ? 'change' : to];
  const [[row]] = await Promise.all([run(find(databaseId, projectId, restorableSince(ctx.clock))), held]);
  return authorizeRow(ctx, { row, what: 'database', projectId }, action);
}
