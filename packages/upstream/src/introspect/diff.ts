import { MAX_DIFFERENCES, MAX_DIFFERENCE_CHARS } from './limits.ts';
import { NOT_READ, SECTIONS, readLines, type Line, type Section } from './lines.ts';
import { differencesOf, type Difference } from './differences.ts';
import {
  createOmissions,
  type Compared,
  type Named,
  type NotCompared,
  type Omissions,
} from './not-compared.ts';
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
  /** What may have changed or not, since one of the snapshots does not tell. */
  readonly notCompared: readonly NotCompared[];
  /** Whether there are more than are told. */
  readonly truncated: boolean;
}

/**
 * Compares two snapshots, as far as both tell. The bodies are in the same order, so that one look at each is enough;
 * lines that are equal, which is nearly all of them, are not parsed.
 */
export async function compareSnapshots(before: Compared, after: Compared): Promise<Comparison> {
  const changes: Change[] = [];
  const omissions = createOmissions();
  let differences = 0;
  let chars = 0;
  for await (const change of changesOf(before, after, omissions)) {
    differences += change.differences?.length ?? 1;
    chars += JSON.stringify(change).length;
    if (differences > MAX_DIFFERENCES || chars > MAX_DIFFERENCE_CHARS)
      return { changes, notCompared: omissions.list(), truncated: true };
    changes.push(change);
  }
  return { changes, notCompared: omissions.list(), truncated: false };
}

async function* changesOf(
  before: Compared,
  after: Compared,
  omissions: Omissions,
): AsyncGenerator<Change, void, undefined> {
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
      const change = order === 0 ? changeOf(old, young, omissions) : onlyOne(order, old, young, omissions);
      if (change !== undefined) yield change;
      if (order <= 0) await old.next();
      if (order >= 0) await young.next();
    }
  } finally {
    await Promise.all([old.close(), young.close()]);
  }
}

/** A place in a body: the line there, undefined behind the last. */
function cursorOf(of: Compared) {
  const parts = readLines(of.body);
  let lines: Line[] = [];
  let index = -1;
  const cursor = {
    of,
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

type Cursor = ReturnType<typeof cursorOf>;

/** Two that lack the same part are not known to be the same. */
function isSame(a: Line, b: Line): boolean {
  return a.section === b.section && a.structure === b.structure && !a.structure.startsWith(`{"${NOT_READ}"`);
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

/** What became of an object that one of the two has; undefined when the other does not tell. */
function onlyOne(order: number, old: Cursor, young: Cursor, omissions: Omissions): Change | undefined {
  const [present, other] = order < 0 ? [old, young] : [young, old];
  const { line } = present;
  if (line === undefined) throw new Error('nothing has changed into nothing');
  const object = objectOf(line);
  const missing = { from: other.of, section: line.section, object, at: other.line };
  if (omissions.isUnknown(missing)) return undefined;
  return { ...placeOf(line, object), change: order < 0 ? 'removed' : 'added' };
}

/** What has changed of an object that both have; undefined when that is nothing, as far as both tell. */
function changeOf(old: Cursor, young: Cursor, omissions: Omissions): Change | undefined {
  if (old.line === undefined || young.line === undefined) throw new Error('nothing has changed into nothing');
  const [before, after] = [objectOf(old.line), objectOf(young.line)];
  const notRead = omissions.partsOf(after, [
    [old.of, before],
    [young.of, after],
  ]);
  const differences = differencesOf(before, after, notRead);
  if (differences.length === 0) return undefined;
  return { ...placeOf(young.line, after), change: 'changed', differences };
}

function placeOf({ section }: Line, { schema, name }: Named): Pick<Change, 'object' | 'schema' | 'name'> {
  return { object: section, ...(schema !== undefined && { schema }), name };
}
