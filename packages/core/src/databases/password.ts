import { randomUUID } from 'node:crypto';
import { prepare, query, type TenantTransaction } from '@headgate/db';
import type { Context } from '../context.ts';
import { conflict } from '../errors.ts';
import type { DatabaseRow } from './row.ts';

/**
 * The columns in which a password lies, sealed for this database and no other; and its name, which is another for
 * every password that is stored: what was approved for one is not approved for the next (see `ReplicaRow`).
 */
export interface SealedPassword {
  readonly sealed_password: string;
  readonly sealing_key_id: string;
  readonly password_id: string;
}

/** The identity that a sealed password is bound to. */
export function passwordOwner(databaseId: string): string {
  return `databases/${databaseId}/password`;
}

/** Seals a new password for a database. */
export async function sealPassword(
  { vault }: Pick<Context, 'vault'>,
  databaseId: string,
  password: string,
): Promise<SealedPassword> {
  const { jwe, keyId } = await vault.seal(password, passwordOwner(databaseId));
  return { sealed_password: jwe, sealing_key_id: keyId, password_id: randomUUID() };
}

const sealedOf = prepare((id: string, version: number) =>
  query.selectFrom('databases').select('sealed_password').where('id', '=', id).where('version', '=', version),
);

/**
 * The password that belongs to a database as it was read; undefined for a blank primary. Of another version none is
 * opened: what was read would say where to send a password that was stored for somewhere else.
 *
 * @throws HeadgateError CONFLICT when the database was changed since it was read
 */
export async function openPassword(
  { vault }: Pick<Context, 'vault'>,
  { run }: Pick<TenantTransaction, 'run'>,
  { id, version }: Pick<DatabaseRow, 'id' | 'version'>,
): Promise<string | undefined> {
  const [row] = await run(sealedOf(id, version));
  if (row === undefined)
    throw conflict('The database was changed at the same moment. Read it again and repeat the request.');
  if (row.sealed_password === null) return undefined;
  return await vault.open(row.sealed_password, passwordOwner(id));
}
