import type { Context } from '../context.ts';
import { checkLimit } from '../organizations/limits.ts';
import type { Owner } from '../projects/lookup-owner.ts';

/**
 * Refuses one more database in a project that has as many as it may. Where the project is held, this is true until the
 * transaction ends.
 *
 * @throws HeadgateError LIMIT_EXCEEDED, which names the limit
 */
export function checkRoom(
  ctx: Pick<Context, 'settings'>,
  { database_count: used, max_databases_per_project: own }: Owner,
): void {
  checkLimit(ctx, 'databases_per_project', { used, own });
}
