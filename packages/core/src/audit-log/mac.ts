import type { Vault } from '@headgate/vault';
import type { EntryText } from './link.ts';

/**
 * What is written with an entry: a keyed hash of what it says. Until the chain holds an entry, nobody who can write to
 * the database but holds no key of the vault can alter it unnoticed, or add one that is then taken for ours.
 */
export function entryMac(vault: Vault, text: EntryText): string {
  return vault.fingerprint(macText(text));
}

/**
 * Whether an entry is what was written; `unknown` when the vault does not hold the key to tell, `absent` when it has no
 * MAC, as those from before there was a chain.
 */
export function checkMac(
  vault: Vault,
  mac: string | null,
  text: EntryText,
): 'intact' | 'forged' | 'unknown' | 'absent' {
  if (mac === null) return 'absent';
  if (!vault.isKnown(mac)) return 'unknown';
  return vault.matches(mac, macText(text)) ? 'intact' : 'forged';
}

/** The form of a list in JSON, as whatever else the vault hashes: it is taken for nothing but an entry. */
function macText({ start, end }: EntryText): string {
  return `["audit entry",{${start},${end}}]`;
}
