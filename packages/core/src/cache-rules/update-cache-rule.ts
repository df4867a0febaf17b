import { query } from '@headgate/db';
import type { CacheRuleAnswer, UpdateCacheRule } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import { changes } from '../audit.ts';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { later } from '../time.ts';
import { lookupCacheRule, type CacheRulePath } from './lookup-cache-rule.ts';
import { cacheRuleEtag, cacheRuleResource, cacheRuleView } from './row.ts';

interface Update extends CacheRulePath {
  readonly rule: UpdateCacheRule;
  readonly ifMatch?: IfMatch | undefined;
}

/** Replaces what a rule says: what is not given becomes null. A request that changes nothing leaves no trace. */
export async function updateCacheRule({ ctx, input }: Verb<Update>): Promise<Answer<CacheRuleAnswer>> {
  const { rule: given, ifMatch, ...path } = input;
  const action = 'cacheRule.update';
  return await mutate(ctx, action, async (tx) => {
    const { database, rule } = await lookupCacheRule(ctx, tx, { ...path, action });
    checkIfMatch(ifMatch, cacheRuleEtag(rule));
    const settings = {
      cache_enabled: given.cache_enabled,
      cache_ttl_seconds: given.cache_ttl_seconds ?? null,
      cache_swr_seconds: given.cache_swr_seconds ?? null,
    };
    const before = cacheRuleView(rule);
    const difference = changes(before, cacheRuleView({ ...rule, ...settings }));
    if (Object.keys(difference.after).length === 0) {
      const answer = { view: { entry: before }, etag: cacheRuleEtag(rule) };
      return { on: database, writes: [], audit: [], answer };
    }
    const written = {
      ...settings,
      version: rule.version + 1,
      updated_at: later(ctx.clock.now(), rule.updated_at),
    };
    const row = { ...rule, ...written };
    const { org_id: orgId, project_id: projectId } = database;
    return {
      on: database,
      writes: [
        query
          .updateTable('cache_rules')
          .set(written)
          .where('database_id', '=', rule.database_id)
          .where('query_hash', '=', rule.query_hash),
      ],
      audit: [{ action, orgId, projectId, resource: cacheRuleResource(rule), ...difference }],
      answer: { view: { entry: cacheRuleView(row) }, etag: cacheRuleEtag(row) },
    };
  });
}
