import { invalidInput } from './errors.ts';

/** A position in a list: the sort key and the id of the last item of a page. */
export interface Cursor {
  readonly key: string;
  readonly id: string;
}

/** A page that a caller asks for. */
export interface PageInput {
  readonly page_size: number;
  readonly page_token?: string | undefined;
}

/** A cursor as text for `next_page_token`. It names its order, so that it is not taken for a place in another one. */
export function encodeCursor(order: string, { key, id }: Cursor): string {
  return Buffer.from(JSON.stringify([order, key, id])).toString('base64url');
}

/** @throws HeadgateError INVALID_INPUT when the token is not one that this list has given */
export function decodeCursor(order: string, token: string | undefined): Cursor | undefined {
  if (token === undefined || token === '') return undefined;
  const parts = parse(Buffer.from(token, 'base64url').toString());
  if (Array.isArray(parts) && parts.length === 3 && parts.every((part) => typeof part === 'string')) {
    const [of, key = '', id = ''] = parts;
    if (of === order) return { key, id };
  }
  throw invalidInput([
    { field: 'page_token', message: 'must be the next_page_token of the page before, in the same order' },
  ]);
}

/** The page of a query that asked for one row more than fits, and the token of the next page if there is one. */
export function toPage<R>(rows: readonly R[], size: number, cursorOf: (row: R) => string) {
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return { page, nextPageToken: rows.length > size && last !== undefined ? cursorOf(last) : undefined };
}

/** A point in time of a cursor. */
export function cursorTime(cursor: Cursor): Date {
  const time = new Date(cursor.key);
  if (Number.isNaN(time.getTime()))
    throw invalidInput([{ field: 'page_token', message: 'must be the next_page_token of the page before' }]);
  return time;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
