import { prepare, query } from '@headgate/db';
import { isId } from '@headgate/schema';
import { authorizeRow, type Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import type { Action } from '../policy.ts';
import { reader } from '../reader.ts';
import { restorableSince } from '../time.ts';

/** A project as far as its log is concerned. */
interface LoggedProject {
  readonly id: string;
  readonly org_id: string;
}

const find = prepare((id: string, since: Date) =>
  query
    .selectFrom('projects')
    .select(['id', 'org_id'])
    .where('id', '=', id)
    .where((eb) => eb('deleted_at', 'is', null).or('deleted_at', '>', since)),
);

/**
 * Finds a project whose log is to be read. A deleted one is found as long as it can be restored: who deleted it is
 * what somebody may want to know just then.
 *
 * @throws HeadgateError NOT_FOUND when there is none or it is another tenant's, FORBIDDEN when the role is too weak
 */
export async function lookupLoggedProject<A extends Action>(
  ctx: Context,
  id: string,
  action: A,
): Promise<Authorized<LoggedProject, A>> {
  if (!isId('prj', id)) throw notFound('project');
  const [row] = await reader(ctx).run(find(id, restorableSince(ctx.clock)));
  return authorizeRow(ctx, { row, what: 'project', projectId: id }, action);
}
