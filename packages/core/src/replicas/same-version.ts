import type { DatabaseRow } from '../databases/row.ts';
import { conflict } from '../errors.ts';

/** @throws HeadgateError CONFLICT when the database whose credentials were tested is not the one that is there now */
export function requireSameDatabase(
  { databaseVersion }: { readonly databaseVersion: number },
  { version }: Pick<DatabaseRow, 'version'>,
): void {
  if (databaseVersion === version) return;
  throw conflict('Its database was changed while the replica was tested. Repeat the request.');
}
