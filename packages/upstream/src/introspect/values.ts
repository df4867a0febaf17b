/** What rows say, which is text, as what it means. */
import { MAX_NAME_CHARS, MAX_TEXT_CHARS } from './limits.ts';
import { nonsense } from './nonsense.ts';

export type Text = string | null | undefined;

/** A row of a query whose columns are known. */
export type Fields<C extends string> = Readonly<Record<C, string | null>>;

/** Text that is always there. */
export function text(value: Text): string {
  return value ?? '';
}

/**
 * The name of something in a catalog.
 *
 * @throws UpstreamError protocol_error when there is none, or it is longer than a name can be
 */
export function name(value: Text): string {
  if (value === null || value === undefined) throw nonsense('something has no name');
  if (value.length > MAX_NAME_CHARS) throw nonsense('a name is longer than names are');
  return value;
}

/**
 * A count, or a number that stands for something.
 *
 * @throws UpstreamError protocol_error for what is none
 */
export function wholeNumber(value: Text): number {
  if (!/^[0-9]{1,10}$/.test(text(value).slice(0, 11))) throw nonsense('a number is none');
  return Number(value);
}

/**
 * An OID. It comes back to the server in a parameter, and stays text.
 *
 * @throws UpstreamError protocol_error for what is none
 */
export function oid(value: Text): string {
  wholeNumber(value);
  return text(value);
}

/** A member of this name, or none where the server says null. */
export function optional<K extends string>(name: K, value: Text): Partial<Record<K, string>> {
  return value === null || value === undefined ? {} : ({ [name]: value } as Partial<Record<K, string>>);
}

export function isTrue(value: Text): boolean {
  return value === 't' || value === 'true';
}

/** Words for letters of the catalogs; a letter that is not known, of a server that is newer, stands for itself. */
export function word(words: Readonly<Record<string, string>>, letter: Text): string {
  const key = text(letter);
  return (Object.hasOwn(words, key) ? words[key] : undefined) ?? key;
}

const MAX_PRINTABLE_CHARS = 300;
/** Of the text that it is made of, runs of which may become one space. */
const MAX_SOURCE_CHARS = 10 * MAX_PRINTABLE_CHARS;

/** What a stranger's server has written, as a line that can be shown. */
export function printable(value: string): string {
  return value
    .slice(0, MAX_SOURCE_CHARS)
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .slice(0, MAX_PRINTABLE_CHARS)
    .toWellFormed();
}

/** An expression of a query whose text is cut to what is read. */
export function cut(expression: string): string {
  return `left(${expression}, ${MAX_TEXT_CHARS})`;
}

/** OIDs as a parameter (PostgreSQL manual, section 8.15.6). */
export function oidArray(oids: readonly string[]): string {
  return `{${oids.join(',')}}`;
}
