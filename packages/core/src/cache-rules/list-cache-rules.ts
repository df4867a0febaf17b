import type { CacheRuleList } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { lookupDatabase, type DatabasePath } from '../databases/lookup-database.ts';
import { decodeCursor, encodeCursor, toPage, type Order, type PageInput } from '../page.ts';
import { reader } from '../reader.ts';
import { cacheRuleView, selectCacheRules } from './row.ts';

const ORDER: Order = { name: 'cache rules by created_at', kind: 'query_hash', key: 'time' };

/** The rules of a database, newest first. */
export async function listCacheRules({ ctx, input }: Verb<DatabasePath & PageInput>): Promise<CacheRuleList> {
  const { page_size: size, page_token: token, ...path } = input;
  const { run } = reader(ctx);
  const database = await lookupDatabase(ctx, { run }, { ...path, action: 'cacheRule.list', to: 'read' });
  const listing = { order: ORDER, of: database.id };
  const cursor = decodeCursor(ctx, listing, token);
  let rules = selectCacheRules
    .where('database_id', '=', database.id)
    .orderBy('created_at', 'desc')
    .orderBy('query_hash', 'desc')
    .limit(size + 1);
  if (cursor) {
    const before = new Date(cursor.key);
    rules = rules.where((eb) =>
      eb(eb.refTuple('created_at', 'query_hash'), '<', eb.tuple(before, cursor.id)),
    );
  }
  const { page, nextPageToken } = toPage(await run(rules), size, (row) =>
    encodeCursor(ctx, listing, { key: row.created_at.toISOString(), id: row.query_hash }),
  );
  return {
    entries: page.map(cacheRuleView),
    ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
  };
}
