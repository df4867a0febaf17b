import { prepare, query, type TenantTransaction } from '@headgate/db';
import { isId } from '@headgate/schema';
import { authorizeRow, type Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import type { Action } from '../policy.ts';
import { restorableSince } from '../time.ts';
import { selectProjects, type ProjectRow } from './row.ts';

interface Lookup<A extends Action> {
  readonly id: string;
  readonly action: A;
  /** To read it; to change it or delete it, which holds it; or to restore it, which finds it among the deleted too. */
  readonly to: 'read' | keyof typeof HOLD;
}

const byId = (id: string) => selectProjects.where('projects.id', '=', id);
const FIND = {
  living: prepare((id: string, _since: Date) => byId(id).where('projects.deleted_at', 'is', null)),
  restorable: prepare((id: string, since: Date) =>
    byId(id).where((eb) => eb('projects.deleted_at', 'is', null).or('projects.deleted_at', '>', since)),
  ),
};

const rowById = (id: string) => query.selectFrom('projects').select('id').where('id', '=', id);
/** How a project is held until the transaction ends: to delete it, one waits for those who add to it (lookup-owner). */
const HOLD = {
  change: prepare((id: string) => rowById(id).forNoKeyUpdate()),
  delete: prepare((id: string) => rowById(id).forUpdate()),
  restore: prepare((id: string) => rowById(id).forUpdate()),
};

/**
 * Finds a project for a caller who may do this to it. It is held by a statement of its own ahead of the one that
 * reads: a statement sees what was there when it began, and so would not see what it has waited for.
 *
 * @throws HeadgateError NOT_FOUND when there is none or it is another tenant's, FORBIDDEN when the role is too weak
 */
export async function lookupProject<A extends Action>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { id, action, to }: Lookup<A>,
): Promise<Authorized<ProjectRow, A>> {
  if (!isId('prj', id)) throw notFound('project');
  const find = (to === 'restore' ? FIND.restorable : FIND.living)(id, restorableSince(ctx.clock));
  const held = to === 'read' ? undefined : run(HOLD[to](id));
  const [[row]] = await Promise.all([run(find), held]);
  return authorizeRow(ctx, { row, what: 'project', projectId: id }, action);
}
