import { isId, type IdKind } from '@headgate/schema';
import type { Context } from './context.ts';
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
  readonly kind: IdKind | 'query_hash';
  readonly key: 'time' | 'text';
}

/** A list as one caller sees it: its order, and what it is a list of, filters included. */
export interface Listing {
  readonly order: Order;
  readonly of: string;
}

/** A cursor as text for `next_page_token`, which is good for this list alone and cannot be made by anyone else. */
export function encodeCursor({ vault }: Pick<Context, 'vault'>, listing: Listing, cursor: Cursor): string {
  const signature = vault.sign(signedText(listing, cursor));
  return Buffer.from(JSON.stringify([cursor.key, cursor.id, signature])).toString('base64url');
}

const MAX_KEY_CHARS = 200;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const QUERY_HASH = /^[0-9a-f]{16}$/;

/** @throws HeadgateError INVALID_INPUT when the token is not one that this list has given */
export function decodeCursor(
  { vault }: Pick<Context, 'vault'>,
  listing: Listing,
  token: string | undefined,
): Cursor | undefined {
  if (token === undefined || token === '') return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const parts = bytes.toString('base64url') === token ? parse(bytes.toString()) : undefined;
  if (Array.isArray(parts) && parts.length === 3 && parts.every((part) => typeof part === 'string')) {
    const [key = '', id = '', signature = ''] = parts;
    const cursor = { key, id };
    if (isOf(listing.order, cursor) && vault.isSigned(signature, signedText(listing, cursor))) return cursor;
  }
  throw invalidInput([
    {
      field: 'page_token',
      message: 'must be the next_page_token of the page before, of the same list in the same order',
    },
  ]);
}

function signedText({ order, of }: Listing, { key, id }: Cursor): string {
  return JSON.stringify(['page token', order.name, of, key, id]);
}

function isOf(order: Order, { key, id }: Cursor): boolean {
  const isIdOfKind = order.kind === 'query_hash' ? QUERY_HASH.test(id) : isId(order.kind, id);
  return isIdOfKind && isKey(order, key);
}

function isKey({ key: kind }: Order, key: string): boolean {
  if (kind === 'time') return TIME.test(key) && !Number.isNaN(Date.parse(key));
  return key.length <= MAX_KEY_CHARS && key.isWellFormed() && !key.includes('\0');
}

/** The page of a query that asked for one row more than fits, and the token of the next page if there is one. */
export function toPage<R>(rows: readonly R[], size: number, tokenOf: (row: R) => string) {
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return { page, nextPageToken: rows.length > size && last !== undefined ? tokenOf(last) : undefined };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
