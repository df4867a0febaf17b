import { prepare, query, type Projects, type TenantTransaction } from '@headgate/db';
import { isId } from '@headgate/schema';
import type { Selectable } from 'kysely';
import { authorizeRow, type Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import type { Action } from '../policy.ts';
import { restorableSince } from '../time.ts';

/** A project as far as what lies in it needs to know. */
export type Owner = Pick<Selectable<Projects>, 'id' | 'org_id' | 'deleted_at' | 'database_count'> & {
  /** The operator's word on how many databases it may have; null where the default holds. */
  readonly max_databases_per_project: number | null;
};

interface Lookup<A extends Action> {
  readonly id: string;
  readonly action: A;
  /**
   * To list what it holds; to add to it; to add to it what is counted, one after the other; or to restore something in
   * it, which finds it among the deleted too.
   */
  readonly to: keyof typeof FIND;
}

const byId = (id: string) =>
  query
    .selectFrom('projects')
    .select(['id', 'org_id', 'deleted_at', 'database_count'])
    .select((eb) =>
      eb
        .selectFrom('organizations')
        .whereRef('organizations.org_id', '=', 'projects.org_id')
        .select('max_databases_per_project')
        .as('max_databases_per_project'),
    )
    .where('id', '=', id);
const living = (id: string) => byId(id).where('deleted_at', 'is', null);

/**
 * Those who add to a project hold it side by side, and whoever deletes it waits for them (PostgreSQL manual, section
 * 13.3.2); so nothing is ever added to a project that is being deleted. What is counted is added one after the other: of
 * a row that it has waited for, a statement gets what it has become (section 13.2.1), and so the count as it is then.
 */
const FIND = {
  list: prepare((id: string, _since: Date) => living(id)),
  add: prepare((id: string, _since: Date) => living(id).forKeyShare()),
  fill: prepare((id: string, _since: Date) => living(id).forNoKeyUpdate()),
  restore: prepare((id: string, since: Date) =>
    byId(id)
      .where((eb) => eb('deleted_at', 'is', null).or('deleted_at', '>', since))
      .forNoKeyUpdate(),
  ),
};

/**
 * Finds the project that something lies in, for a caller who may do this there.
 *
 * @throws HeadgateError NOT_FOUND when there is none or it is another tenant's, FORBIDDEN when the role is too weak
 */
export async function lookupOwner<A extends Action>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { id, action, to }: Lookup<A>,
): Promise<Authorized<Owner, A>> {
  if (!isId('prj', id)) throw notFound('project');
  const [row] = await run(FIND[to](id, restorableSince(ctx.clock)));
  return authorizeRow(ctx, { row, what: 'project', projectId: id }, action);
}
