import type { Context } from '../context.ts';

/** The columns in which a password lies, sealed for this database and no other. */
export interface SealedPassword {
  readonly sealed_password: string;
  readonly sealing_key_id: string;
}

/** The identity that a sealed password is bound to. */
export function passwordOwner(databaseId: string): string {
  return `databases/${databaseId}/password`;
}

/** Seals a password for a database. */
export async function sealPassword(
  { vault }: Pick<Context, 'vault'>,
  databaseId: string,
  password: string,
): Promise<SealedPassword> {
  const { jwe, keyId } = await vault.seal(password, passwordOwner(databaseId));
  return { sealed_password: jwe, sealing_key_id: keyId };
}
