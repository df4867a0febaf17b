import type { DB, TenantTransaction } from '@headgate/db';
import { sql, type SelectQueryBuilder } from 'kysely';
import type { Context } from './context.ts';
import { decodeCursor, encodeCursor, toPage, type Listing } from './page.ts';

/** A list that is ordered by creation, and which page of it is asked for. */
interface NewestFirst<T extends keyof DB, R> {
  readonly rows: SelectQueryBuilder<DB, T, R>;
  readonly listing: Listing;
  readonly token: string | undefined;
  /** How many rows a page has; for a list that is given whole unless a page is asked for, that of each case. */
  readonly size: number | { readonly first: number; readonly later: number };
}

/**
 * A page of a list, newest first, read along the index over `created_at` and `id` that each such table has.
 *
 * @throws HeadgateError INVALID_INPUT when the token is not one that this list has given
 */
export async function readNewestFirst<T extends keyof DB, R extends { id: string; created_at: Date }>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { rows, listing, token, size }: NewestFirst<T, R>,
): Promise<{ readonly page: R[]; readonly next: { readonly next_page_token?: string } }> {
  const cursor = decodeCursor(ctx, listing, token);
  const given = typeof size === 'number' ? size : cursor === undefined ? size.first : size.later;
  let query = rows
    .orderBy(sql.ref('created_at'), 'desc')
    .orderBy(sql.ref('id'), 'desc')
    .limit(given + 1);
  if (cursor) {
    const before = new Date(cursor.key);
    query = query.where(sql<boolean>`(created_at, id) < (${before}, ${cursor.id})`);
  }
  const { page, nextPageToken } = toPage(await run(query), given, (row) =>
    encodeCursor(ctx, listing, { key: row.created_at.toISOString(), id: row.id }),
  );
  return { page, next: nextPageToken === undefined ? {} : { next_page_token: nextPageToken } };
}
