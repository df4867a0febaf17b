import type { Vault } from '@headgate/vault';
import { altered, missing, reordered, type Findings } from './findings.ts';
import { NO_HASH, linkHash, textOf } from './link.ts';
import { checkMac } from './mac.ts';
import type { EntryRow } from './row.ts';

/** An entry that has its place in a chain. */
export interface ChainedRow extends EntryRow {
  readonly position: number;
  readonly hash: string;
  readonly previous_hash: string;
}

/** The entry before the one that is looked at. */
export interface Previous {
  readonly id: string | undefined;
  readonly position: number;
  readonly hash: string;
  /** Whether it was found to be altered: then what hangs on it says nothing more. */
  readonly isAltered: boolean;
}

/** Where the walk of a whole chain begins: before its first entry. */
export const BEGINNING: Previous = { id: undefined, position: 0, hash: NO_HASH, isAltered: false };

/** An entry that is what it was when it was chained, but behind another one than the one before it. */
export interface BrokenLink {
  readonly row: ChainedRow;
  readonly previous: Previous;
}

/** Looks at the next entries in the order of their positions. */
export function walkChain(
  vault: Vault,
  rows: readonly ChainedRow[],
  start: Previous,
  findings: Findings,
): { readonly previous: Previous; readonly broken: readonly BrokenLink[] } {
  const broken: BrokenLink[] = [];
  let previous = start;
  for (const row of rows) {
    const doubt = doubtOf(vault, row);
    const isAltered = doubt !== undefined;
    if (isAltered) findings.add(altered(row, doubt));
    if (row.position === previous.position) {
      if (!isAltered) findings.add(reordered(row, `Another entry stands at position ${row.position} too.`));
      continue;
    }
    const hangs = row.previous_hash === previous.hash;
    if (row.position > previous.position + 1) {
      const gap = missing(previous.position + 1, row.position - 1);
      const isMoved = hangs && !isAltered;
      findings.add(
        isMoved
          ? reordered(row, `It follows the entry at position ${previous.position}, and was moved.`)
          : gap,
      );
    } else if (!hangs && !isAltered && !previous.isAltered) broken.push({ row, previous });
    previous = { id: row.id, position: row.position, hash: row.hash, isAltered };
  }
  return { previous, broken };
}

/**
 * Why an entry is not what was written. A MAC under a key that is gone says nothing: what was chained is held by the
 * chain, whose end is sealed anew when keys are rotated.
 */
function doubtOf(vault: Vault, row: ChainedRow): string | undefined {
  const text = textOf(row);
  if (linkHash(text, row.previous_hash) !== row.hash) return 'What the entry says does not match its hash.';
  const mac = checkMac(vault, row.mac, text);
  if (mac === 'forged') {
    return 'It is not what was written, or nothing that was: its hash was made anew, and its MAC does not match.';
  }
  return mac === 'absent' ? 'Its MAC is gone, which each entry of a chain has.' : undefined;
}
