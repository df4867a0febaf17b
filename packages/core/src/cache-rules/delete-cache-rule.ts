import { query } from '@headgate/db';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { lookupCacheRule, type CacheRulePath } from './lookup-cache-rule.ts';
import { cacheRuleEtag, cacheRuleResource, cacheRuleView } from './row.ts';

interface Delete extends CacheRulePath {
  readonly ifMatch?: IfMatch | undefined;
}

/** Deletes a rule for good: the statement that it is of makes it anew at any time. */
export async function deleteCacheRule({ ctx, input }: Verb<Delete>): Promise<void> {
  const { ifMatch, ...path } = input;
  const action = 'cacheRule.delete';
  await mutate(ctx, action, async (tx) => {
    const { database, rule } = await lookupCacheRule(ctx, tx, { ...path, action });
    checkIfMatch(ifMatch, cacheRuleEtag(rule));
    const { org_id: orgId, project_id: projectId } = database;
    return {
      on: database,
      writes: [
        query
          .deleteFrom('cache_rules')
          .where('database_id', '=', rule.database_id)
          .where('query_hash', '=', rule.query_hash),
      ],
      audit: [{ action, orgId, projectId, resource: cacheRuleResource(rule), before: cacheRuleView(rule) }],
      answer: { view: undefined },
    };
  });
}
