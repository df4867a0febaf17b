import type { Row } from './connection.ts';

/** What an object takes whatever is in it, and each of its members besides its text: measured, and rounded up. */
const ROW_BYTES = 64;
const VALUE_BYTES = 32;

/**
 * About how much memory a row takes, in bytes. Rows without columns and values without text are not free: a server that
 * means harm sends such, of which millions come cheap.
 */
export function rowBytes(row: Row): number {
  let bytes = ROW_BYTES;
  for (const name in row) bytes += VALUE_BYTES + (row[name]?.length ?? 0);
  return bytes;
}
