/** What Headgate promises, what was measured of it, and whether it was kept. */

/** One promise, as it stands in the table at the end. */
export interface Held {
  /** In a line, such as `every acknowledged write is there once`. */
  readonly promise: string;
  /** What is wanted and what was measured, in the same unit, such as `under 1000 ms` and `412 ms`. */
  readonly wanted: string;
  readonly measured: string;
  readonly isKept: boolean;
  /**
   * Whether it is about time. The short form, which runs on machines that others load too, shows such a promise and
   * does not fail by it.
   */
  readonly isTimed?: boolean;
}

interface HeldByPart extends Held {
  readonly part: string;
}

export interface Promises {
  readonly hold: (part: string, held: Held) => void;
  /** The table of all promises, and whether none is broken. */
  readonly report: () => { readonly text: string; readonly isKept: boolean };
}

/** @param isTimeHeld whether promises about time count */
export function createPromises({ isTimeHeld }: { readonly isTimeHeld: boolean }): Promises {
  const all: HeldByPart[] = [];
  const isBroken = ({ isKept, isTimed = false }: Held) => !isKept && (isTimeHeld || !isTimed);
  const verdict = (held: Held) => {
    if (held.isKept) return 'kept';
    return isBroken(held) ? 'BROKEN' : 'missed';
  };
  return {
    hold: (part, held) => void all.push({ part, ...held }),
    report: () => {
      const rows = all.map((held) => [held.part, held.promise, held.wanted, held.measured, verdict(held)]);
      return {
        text: table([['part', 'promise', 'wanted', 'measured', ''], ...rows]),
        isKept: all.length > 0 && !all.some(isBroken),
      };
    },
  };
}

/** Rows as text, each column as wide as its widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
