import { MAX_SKIPPED } from './limits.ts';
import { printable } from './values.ts';

/** What of a database is not in a snapshot of it, and why. */
export interface SkippedPart {
  readonly what: string;
  readonly reason: string;
}

/** Collects what is passed over. */
export interface Skipped {
  readonly parts: readonly SkippedPart[];
  readonly isTruncated: boolean;
  /** Something could not be read. */
  readonly add: (what: string, reason: string) => void;
  /** Something was left out because a bound was reached. */
  readonly cut: (what: string, reason: string) => void;
}

/** Nothing is passed over yet. */
export function createSkipped(): Skipped {
  const parts: SkippedPart[] = [];
  let isTruncated = false;
  const add = (what: string, reason: string) => {
    if (parts.length < MAX_SKIPPED) parts.push({ what: printable(what), reason: printable(reason) });
    else parts[MAX_SKIPPED - 1] = { what: 'more', reason: 'not everything that was passed over is listed' };
  };
  return {
    parts,
    get isTruncated() {
      return isTruncated;
    },
    add,
    cut: (what, reason) => {
      isTruncated = true;
      add(what, reason);
    },
  };
}
