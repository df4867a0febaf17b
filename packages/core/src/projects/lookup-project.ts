import { prepare, type TenantTransaction } from '@headgate/db';
import { isId } from '@headgate/schema';
import { authorizeRow, type Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import type { Action } from '../policy.ts';
import { restorableSince } from '../time.ts';
import { selectProjects, type ProjectRow } from './row.ts';

interface Lookup {
  readonly id: string;
  readonly action: Action;
  /** What for: see {@link FIND}. */
  readonly to: keyof typeof FIND;
}

const byId = (id: string) => selectProjects.where('projects.id', '=', id);
const living = (id: string) => byId(id).where('projects.deleted_at', 'is', null);

/** How a project is held until the transaction ends: to delete it, one waits for those who add to it (lookup-owner). */
const FIND = {
  read: prepare((id: string, _since: Date) => living(id)),
  change: prepare((id: string, _since: Date) => living(id).forNoKeyUpdate('projects')),
  delete: prepare((id: string, _since: Date) => living(id).forUpdate('projects')),
  /** Finds it among the deleted too, as long as it can be restored. */
  restore: prepare((id: string, since: Date) =>
    byId(id)
      .where((eb) => eb('projects.deleted_at', 'is', null).or('projects.deleted_at', '>', since))
      .forUpdate('projects'),
  ),
};

/**
 * Finds a project for a caller who may do this to it.
 *
 * @throws HeadgateError NOT_FOUND when there is none or it is another tenant's, FORBIDDEN when the role is too weak
 */
export async function lookupProject(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { id, action, to }: Lookup,
): Promise<Authorized<ProjectRow>> {
  if (!isId('prj', id)) throw notFound('project');
  const [row] = await run(FIND[to](id, restorableSince(ctx.clock)));
  if (row === undefined) throw notFound('project');
  return authorizeRow(ctx, row, action);
}
