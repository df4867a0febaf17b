import type { AuditFilters, AuditLog } from '@headgate/schema';
import { sql } from 'kysely';
import type { Context } from '../context.ts';
import { decodeCursor, encodeCursor, toPage, type Order, type PageInput } from '../page.ts';
import { chainBeforeReading } from './chain-audit-log.ts';
import { filtersOf, selectLogged, type Log } from './filters.ts';
import { entryView, exactTime } from './row.ts';

const ORDER: Order = { name: 'audit entries by created_at', kind: 'aud', key: 'text' };

/** A page of a log, newest first. A token is good for the same log under the same filters. */
export async function listEntries(
  ctx: Context,
  log: Log,
  input: PageInput & AuditFilters,
): Promise<AuditLog> {
  const of = JSON.stringify([log.org_id, log.projectId ?? null, filtersOf(input)]);
  const listing = { order: ORDER, of };
  const cursor = decodeCursor(ctx, listing, input.page_token);
  await chainBeforeReading(ctx, log.org_id);
  let entries = selectLogged(log, input)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(input.page_size + 1);
  if (cursor) {
    // As exact as it is kept, or a page would begin behind entries that were not on the one before.
    const before = sql<Date>`${cursor.key}::text::timestamptz`;
    entries = entries.where((eb) => eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(before, cursor.id)));
  }
  const rows = await ctx.store.read([log.org_id], entries);
  const { page, nextPageToken } = toPage(rows, input.page_size, (row) =>
    encodeCursor(ctx, listing, { key: exactTime(row), id: row.id }),
  );
  return {
    entries: page.map(entryView),
    ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
  };
}
