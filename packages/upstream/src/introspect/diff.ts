import { MAX_DIFFERENCES, MAX_DIFFERENCE_CHARS } from './limits.ts';
import { SECTIONS, readLines, type Line, type Section } from './lines.ts';
import { differencesOf, type Difference } from './differences.ts';
import { comparePlaces } from './order.ts';

/** What became of one schema, type or relation. */
export interface Change {
  readonly object: Section;
  /** Of a schema itself there is none. */
  readonly schema?: string;
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Of what was changed, in what. */
  readonly differences?: readonly Difference[];
}

interface Comparison {
  readonly changes: readonly Change[];
  /** Whether there are more than are told. */
  readonly truncated: boolean;
}

/** An object of a line, as far as a comparison knows it. */
interface Named {
  readonly schema?: string;
  readonly name: string;
}

/**
 * Compares two bodies. Both are in the same order, so that one look at each is enough; lines that are equal, which is
 * nearly all of them, are not parsed.
 */
export async function compareBodies(before: Uint8Array, after: Uint8Array): Promise<Comparison> {
  const changes: Change[] = [];
  let differences = 0;
  let chars = 0;
  for await (const change of changesOf(before, after)) {
    differences += change.differences?.length ?? 1;
    chars += JSON.stringify(change).length;
    if (differences > MAX_DIFFERENCES || chars > MAX_DIFFERENCE_CHARS) return { changes, truncated: true };
    changes.push(change);
  }
  return { changes, truncated: false };
}

async function* changesOf(before: Uint8Array, after: Uint8Array): AsyncGenerator<Change, void, undefined> {
  const old = cursorOf(before);
  const young = cursorOf(after);
  try {
    await Promise.all([old.next(), young.next()]);
    while (old.line !== undefined || young.line !== undefined) {
      if (old.line !== undefined && young.line !== undefined && isSame(old.line, young.line)) {
        await Promise.all([old.next(), young.next()]);
        continue;
      }
      const order = compareLines(old.line, young.line);
      const change = changeOf(order > 0 ? undefined : old.line, order < 0 ? undefined : young.line);
      yield change;
      if (order <= 0) await old.next();
      if (order >= 0) await young.next();
    }
  } finally {
    await Promise.all([old.close(), young.close()]);
  }
}

/** A place in a body: the line there, undefined behind the last. */
function cursorOf(body: Uint8Array) {
  const parts = readLines(body);
  let lines: Line[] = [];
  let index = -1;
  const cursor = {
    line: undefined as Line | undefined,
    next: async () => {
      index += 1;
      if (index === lines.length) {
        const { value } = await parts.next();
        lines = value ?? [];
        index = 0;
      }
      cursor.line = lines[index];
    },
    close: async () => {
      await parts.return();
    },
  };
  return cursor;
}

function isSame(a: Line, b: Line): boolean {
  return a.section === b.section && a.structure === b.structure;
}

/** The order of two lines; there is nothing behind the last. */
function compareLines(a: Line | undefined, b: Line | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const [one, other] = [objectOf(a), objectOf(b)];
  return SECTIONS.indexOf(a.section) - SECTIONS.indexOf(b.section) || comparePlaces(one, other);
}

function objectOf({ structure }: Line): Named {
  return JSON.parse(structure) as Named;
}

function changeOf(before: Line | undefined, after: Line | undefined): Change {
  const line = after ?? before;
  if (line === undefined) throw new Error('nothing has changed into nothing');
  const { schema, name } = objectOf(line);
  const named = { object: line.section, ...(schema !== undefined && { schema }), name };
  if (before === undefined) return { ...named, change: 'added' };
  if (after === undefined) return { ...named, change: 'removed' };
  return { ...named, change: 'changed', differences: differencesOf(objectOf(before), objectOf(after)) };
}
