import { insert } from '@headgate/db';
import { MAX_CACHE_RULES_PER_DATABASE, type CacheRuleAnswer, type CreateCacheRule } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Context, Verb } from '../context.ts';
import { lookupDatabase, type DatabasePath } from '../databases/lookup-database.ts';
import { isConfigured, type DatabaseRow } from '../databases/row.ts';
import { HeadgateError, conflict } from '../errors.ts';
import { findOut } from '../find-out.ts';
import { mutate } from '../mutate.ts';
import { reader } from '../reader.ts';
import { countCacheRules, findCacheRule } from './lookup-cache-rule.ts';
import { cacheRuleEtag, cacheRuleResource, cacheRuleView, type CacheRuleRow } from './row.ts';
import { normalizeStatement } from './normalize-statement.ts';
import type { Statement } from './statement.ts';

const ACTION = 'cacheRule.create';

interface Create extends DatabasePath {
  readonly rule: CreateCacheRule;
}

/**
 * Makes a rule for a statement before any traffic has been seen.
 *
 * @throws HeadgateError INVALID_INPUT when the answers to the statement cannot be cached; CONFLICT when it has a rule
 *   already or the database is not configured; LIMIT_EXCEEDED when the database has as many as it may
 */
export async function createCacheRule({ ctx, input }: Verb<Create>): Promise<Answer<CacheRuleAnswer>> {
  const { rule: given, ...path } = input;
  // Before the transaction: while the parser works no database waits for it. A failure waits for the transaction: an
  // idempotency key gets its first answer also when the parser is busy now, or the database is gone.
  const read = await findOut(readStatement(ctx, input));
  return await mutate(ctx, ACTION, async (tx) => {
    const database = await lookupDatabase(ctx, tx, { ...path, action: ACTION, to: 'change' });
    const statement = read();
    const [[existing], used] = await Promise.all([
      tx.run(findCacheRule(database.id, statement.queryHash)),
      countCacheRules(tx, database.id),
    ]);
    if (!isConfigured(database))
      throw conflict('The database is not configured yet. Complete it with PATCH, then make rules for it.');
    if (existing !== undefined) throw alreadyThere(existing);
    checkCount(used);
    const row = newRow(ctx, { database, statement, given });
    const view = cacheRuleView(row);
    const { org_id: orgId, project_id: projectId } = database;
    return {
      on: database,
      writes: [insert('cache_rules', row)],
      audit: [{ action: ACTION, orgId, projectId, resource: cacheRuleResource(row), after: view }],
      answer: { view: { entry: view }, etag: cacheRuleEtag(row) },
    };
  });
}

/** The parser works for nobody who may not make the rule. */
async function readStatement(ctx: Context, { rule, ...path }: Create): Promise<Statement> {
  await lookupDatabase(ctx, reader(ctx), { ...path, action: ACTION, to: 'read' });
  return await normalizeStatement(rule.sql);
}

function alreadyThere({ query_hash: hash }: CacheRuleRow): HeadgateError {
  return conflict(`This statement has a rule already: ${hash}. Change that one with PUT.`);
}

function checkCount(used: number): void {
  if (used < MAX_CACHE_RULES_PER_DATABASE) return;
  throw new HeadgateError(
    'LIMIT_EXCEEDED',
    `The limit cache_rules_per_database is ${MAX_CACHE_RULES_PER_DATABASE}, and there are ${used} cache rules in this database. Delete one.`,
  );
}

interface New {
  readonly database: Pick<DatabaseRow, 'id' | 'project_id' | 'org_id'>;
  readonly statement: Statement;
  readonly given: CreateCacheRule;
}

function newRow(ctx: Context, { database, statement, given }: New): CacheRuleRow {
  const now = ctx.clock.now();
  return {
    org_id: database.org_id,
    project_id: database.project_id,
    database_id: database.id,
    query_hash: statement.queryHash,
    normalized_sql: statement.normalizedSql,
    query_type: statement.queryType,
    cache_enabled: given.cache_enabled,
    cache_ttl_seconds: given.cache_ttl_seconds ?? null,
    cache_swr_seconds: given.cache_swr_seconds ?? null,
    call_count: 0,
    avg_latency_ms: 0,
    p95_latency_ms: 0,
    avg_response_bytes: 0,
    stability_rate: 0,
    last_seen_at: null,
    version: 1,
    created_at: now,
    updated_at: now,
  };
}
