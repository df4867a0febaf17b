import type { Context } from '../context.ts';

/** The identity that the sealed password of a slot's primary is bound to. */
export function primaryPasswordOwner(slotId: string): string {
  return `replication_slots/${slotId}/primary_password`;
}

/** The columns in which it lies, sealed for this slot and no other. */
export async function sealPrimaryPassword(
  { vault }: Pick<Context, 'vault'>,
  slotId: string,
  password: string,
): Promise<{ readonly sealed_primary_password: string; readonly sealing_key_id: string }> {
  const { jwe, keyId } = await vault.seal(password, primaryPasswordOwner(slotId));
  return { sealed_primary_password: jwe, sealing_key_id: keyId };
}
