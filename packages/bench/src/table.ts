/** Figures as they are printed. */

const CELL_CHARS = 10;
const GAP_CHARS = 2;

/** Rows under a head: names on the left, figures on the right, each column as wide as its widest cell. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => {
    const widest = Math.max(...lines.map((cells) => cells[column]?.length ?? 0)) + GAP_CHARS;
    return column === 0 ? widest : Math.max(widest, CELL_CHARS);
  });
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('')
      .trimEnd();
  return lines.map(line).join('\n');
}

/** The value that this part of them are not above; 0.5 for the median. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** A goal as it stands beside its figure. A missed one is to be seen. */
export function goal(text: string, isKept: boolean): string {
  return isKept ? `(goal ${text})` : `(goal ${text}, MISSED)`;
}
