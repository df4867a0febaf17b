/** What rows say, which is text, as what it means. */
import { MAX_TEXT_CHARS } from './limits.ts';

type Text = string | null | undefined;

/** A row of a query whose columns are known. */
export type Fields<C extends string> = Readonly<Record<C, string | null>>;

/** Text that is always there. */
export function text(value: Text): string {
  return value ?? '';
}

/** A member of this name, or none where the server says null. */
export function optional<K extends string>(name: K, value: Text): Partial<Record<K, string>> {
  return value === null || value === undefined ? {} : ({ [name]: value } as Partial<Record<K, string>>);
}

export function isTrue(value: Text): boolean {
  return value === 't' || value === 'true';
}

/** What the server has written as JSON; undefined for null. */
export function fromJson(value: Text): unknown {
  return value === null || value === undefined ? undefined : JSON.parse(value);
}

/** Words for letters of the catalogs; a letter that is not known, of a server that is newer, stands for itself. */
export function word(words: Readonly<Record<string, string>>, letter: Text): string {
  return words[text(letter)] ?? text(letter);
}

const MAX_PRINTABLE_CHARS = 300;

/** What a stranger's server has written, as a line that can be shown. */
export function printable(value: string): string {
  return value
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .slice(0, MAX_PRINTABLE_CHARS)
    .toWellFormed();
}

/** The order of names in a snapshot, the same whatever the server sorts by. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** An expression of a query whose text is cut to what is read. */
export function cut(expression: string): string {
  return `left(${expression}, ${MAX_TEXT_CHARS})`;
}

/** OIDs as a parameter (PostgreSQL manual, section 8.15.6). */
export function oidArray(oids: readonly string[]): string {
  return `{${oids.join(',')}}`;
}
