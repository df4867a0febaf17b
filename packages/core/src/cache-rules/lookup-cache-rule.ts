import { prepare, query, type TenantTransaction } from '@headgate/db';
import type { Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { lookupDatabase, type DatabasePath } from '../databases/lookup-database.ts';
import type { DatabaseRow } from '../databases/row.ts';
import { HeadgateError } from '../errors.ts';
import type { Action } from '../policy.ts';
import { selectCacheRules, type CacheRuleRow } from './row.ts';

/** How a rule is named: by the hash of its statement, under its database. */
export interface CacheRulePath extends DatabasePath {
  readonly queryHash: string;
}

/** The statement that finds one rule of a database that is authorized. */
export const findCacheRule = prepare((databaseId: string, queryHash: string) =>
  selectCacheRules.where('database_id', '=', databaseId).where('query_hash', '=', queryHash),
);

const count = prepare((databaseId: string) =>
  query
    .selectFrom('cache_rules')
    .where('database_id', '=', databaseId)
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('used')),
);

/**
 * How many rules a database has. True until the transaction ends when the database is held by then: a statement sees
 * only what was there when it began, so this one runs behind the holding one.
 */
export async function countCacheRules(
  { run }: Pick<TenantTransaction, 'run'>,
  databaseId: string,
): Promise<number> {
  const [counted] = await run(count(databaseId));
  return counted?.used ?? 0;
}

/** A rule that is there, and the database that it was looked up in. */
export interface FoundCacheRule<A extends Action> {
  readonly database: Authorized<DatabaseRow, A>;
  readonly rule: CacheRuleRow;
}

/**
 * Finds a rule to change it, and holds its database until the transaction ends: whatever is done to the rules of one
 * database is done one after the other.
 *
 * @throws HeadgateError NOT_FOUND when there is no such database for this caller, or no such rule in it; FORBIDDEN when
 *   the role is too weak
 */
export async function lookupCacheRule<A extends Action>(
  ctx: Context,
  tx: Pick<TenantTransaction, 'run'>,
  { action, queryHash, ...path }: CacheRulePath & { readonly action: A },
): Promise<FoundCacheRule<A>> {
  const database = await lookupDatabase(ctx, tx, { ...path, action, to: 'change' });
  const [rule] = await tx.run(findCacheRule(database.id, queryHash));
  if (rule === undefined) {
    throw new HeadgateError(
      'NOT_FOUND',
      'There is no cache rule with this query_hash in this database. POST to its cache-rules with `sql` to make a rule before any traffic has been seen.',
    );
  }
  return { database, rule };
}
