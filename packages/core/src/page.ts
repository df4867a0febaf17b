import { isId, type IdKind } from '@headgate/schema';
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

/** The order of a list: what its tokens are made of. */
export interface Order {
  /** Names the list and its order, so that a token is not taken for a place in another one. */
  readonly name: string;
  readonly kind: IdKind;
  readonly key: 'time' | 'text';
}

/** A cursor as text for `next_page_token`. */
export function encodeCursor({ name }: Order, { key, id }: Cursor): string {
  return Buffer.from(JSON.stringify([name, key, id])).toString('base64url');
}

const MAX_KEY_CHARS = 200;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** @throws HeadgateError INVALID_INPUT when the token is not one that this list has given */
export function decodeCursor(order: Order, token: string | undefined): Cursor | undefined {
  if (token === undefined || token === '') return undefined;
  const parts = parse(Buffer.from(token, 'base64url').toString());
  if (Array.isArray(parts) && parts.length === 3 && parts.every((part) => typeof part === 'string')) {
    const [name, key = '', id = ''] = parts;
    if (name === order.name && isId(order.kind, id) && isKey(order, key)) return { key, id };
  }
  throw invalidInput([
    { field: 'page_token', message: 'must be the next_page_token of the page before, in the same order' },
  ]);
}

function isKey({ key: kind }: Order, key: string): boolean {
  if (kind === 'time') return TIME.test(key) && !Number.isNaN(Date.parse(key));
  return key.length <= MAX_KEY_CHARS && key.isWellFormed() && !key.includes('\0');
}

/** The page of a query that asked for one row more than fits, and the token of the next page if there is one. */
export function toPage<R>(rows: readonly R[], size: number, cursorOf: (row: R) => string) {
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return { page, nextPageToken: rows.length > size && last !== undefined ? cursorOf(last) : undefined };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
