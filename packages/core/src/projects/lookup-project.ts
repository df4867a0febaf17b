import type { TenantTransaction } from '@headgate/db';
import { isId } from '@headgate/schema';
import { authorizeRow, type Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import type { Action } from '../policy.ts';
import { restorableSince } from '../time.ts';
import { selectProjects, type ProjectRow } from './row.ts';

/**
 * How a lookup holds the project until the transaction ends (PostgreSQL manual, section 13.3.2): `share` so that it
 * is not deleted while something is added to it, `change` to alter it, `delete` to wait for those who add.
 */
type Hold = 'share' | 'change' | 'delete';

interface Lookup {
  readonly id: string;
  readonly action: Action;
  readonly hold?: Hold;
  /** Whether to find it among the deleted too, as long as it can be restored. */
  readonly withDeleted?: boolean;
}

/**
 * Finds a project for a caller who may do this to it.
 *
 * @throws HeadgateError NOT_FOUND when there is none or it is another tenant's, FORBIDDEN when the role is too weak
 */
export async function lookupProject(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { id, action, hold, withDeleted = false }: Lookup,
): Promise<Authorized<ProjectRow>> {
  if (!isId('prj', id)) throw notFound('project');
  let found = selectProjects.where('projects.id', '=', id).where((eb) => {
    const isLiving = eb('projects.deleted_at', 'is', null);
    return withDeleted ? isLiving.or('projects.deleted_at', '>', restorableSince(ctx.clock)) : isLiving;
  });
  if (hold === 'share') found = found.forKeyShare('projects');
  if (hold === 'change') found = found.forNoKeyUpdate('projects');
  if (hold === 'delete') found = found.forUpdate('projects');
  const [row] = await run(found);
  if (row === undefined) throw notFound('project');
  return authorizeRow(ctx, row, action);
}
