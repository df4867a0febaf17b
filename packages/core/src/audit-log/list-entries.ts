import type { AuditFilters, AuditLog } from '@headgate/schema';
import type { Context } from '../context.ts';
import { decodeCursor, encodeCursor, toPage, type Order, type PageInput } from '../page.ts';
import { chainBeforeReading } from './chain-audit-log.ts';
import { filtersOf, selectLogged, type Log } from './filters.ts';
import { entryView } from './row.ts';

const ORDER: Order = { name: 'audit entries by created_at', kind: 'aud', key: 'time' };

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
    const before = new Date(cursor.key);
    entries = entries.where((eb) => eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(before, cursor.id)));
  }
  const rows = await ctx.store.read([log.org_id], entries);
  const { page, nextPageToken } = toPage(rows, input.page_size, (row) =>
    encodeCursor(ctx, listing, { key: row.created_at.toISOString(), id: row.id }),
  );
  return {
    entries: page.map(entryView),
    ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
  };
}
