import type { Vault } from '@headgate/vault';

/** The end of a chain: how long it is, and the hash of its last entry. */
export interface ChainHead {
  readonly length: number;
  readonly hash: string;
}

/**
 * What is written beside the end of a chain: a keyed hash of it, so that whoever can write to the database but holds
 * no key of the vault can neither cut off the end unnoticed nor compute the chain anew. That the head itself was removed
 * with all that it holds, or replaced by an older one, it cannot tell.
 */
export function sealHead(vault: Vault, orgId: string, head: ChainHead): string {
  return vault.fingerprint(sealedText(orgId, head));
}

/** Whether the end is the one that was sealed; `unknown` when the vault no longer holds the key to tell. */
export function checkSeal(
  vault: Vault,
  orgId: string,
  head: ChainHead & { readonly seal: string },
): 'intact' | 'forged' | 'unknown' {
  if (!vault.isKnown(head.seal)) return 'unknown';
  return vault.matches(head.seal, sealedText(orgId, head)) ? 'intact' : 'forged';
}

/** The form of a list in JSON: no text of an organization's id runs over into the rest. */
function sealedText(orgId: string, { length, hash }: ChainHead): string {
  return JSON.stringify(['audit chain', orgId, length, hash]);
}
