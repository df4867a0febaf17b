import { MAX_NOT_COMPARED } from './limits.ts';
import { NOT_READ, SECTIONS, type Line, type Section } from './lines.ts';
import { RELATION_PARTS, type RelationPart, type SkippedPart } from './skipped.ts';
import { printable } from './values.ts';

/** A snapshot, with what it says nothing of. */
export interface Compared {
  readonly body: Uint8Array;
  readonly skipped: readonly SkippedPart[];
  /** Only these schemas were asked for. */
  readonly schemas?: readonly string[] | undefined;
  readonly excludedSchemas?: readonly string[] | undefined;
}

/** What a comparison leaves out, because one of the two snapshots says nothing of it. */
export interface NotCompared {
  /** Undefined for what is left out of all schemas. */
  readonly schema?: string;
  readonly name?: string;
  /** Undefined for a schema with all that is in it, and for all of the relation. */
  readonly part?: 'schemas' | 'types' | 'relations' | RelationPart | 'more';
  readonly reason: string;
}

/** An object of a line, as far as a comparison knows it. */
export interface Named {
  readonly schema?: string;
  readonly name: string;
  readonly [NOT_READ]?: readonly RelationPart[];
}

/** Where an object is missing. */
interface Missing {
  readonly from: Compared;
  readonly section: Section;
  readonly object: Named;
  /** Where its reader stands by now; undefined behind the last line. */
  readonly at: Line | undefined;
}

/** Collects what is not compared. */
export interface Omissions {
  readonly list: () => readonly NotCompared[];
  /** Whether that an object is missing from a snapshot says nothing. */
  readonly isUnknown: (missing: Missing) => boolean;
  /** The parts of a relation that cannot be compared. */
  readonly partsOf: (relation: Named, versions: readonly (readonly [Compared, Named])[]) => RelationPart[];
}

/** Nothing is left out yet. */
export function createOmissions(): Omissions {
  const told = new Map<string, NotCompared>();
  const unknownSchemas = new Set<string>();
  const tell = (omission: NotCompared) => {
    if (told.size <= MAX_NOT_COMPARED) told.set(JSON.stringify(omission), omission);
  };
  return {
    list: () => {
      const all = [...told.values()];
      if (all.length <= MAX_NOT_COMPARED) return all;
      const reason = 'not everything that was not compared is listed';
      return [...all.slice(0, MAX_NOT_COMPARED - 1), { part: 'more', reason }];
    },
    isUnknown: (missing) => {
      const { section, object } = missing;
      // What is in a schema stands behind it, and is told with it.
      if (section !== 'schema' && unknownSchemas.has(object.schema ?? '')) return true;
      const omission = section === 'schema' ? ofSchema(missing) : ofObject(missing);
      if (omission === undefined) return false;
      if (section === 'schema') unknownSchemas.add(object.name);
      tell(omission);
      return true;
    },
    partsOf: (relation, versions) => {
      const lists = versions.map(([{ skipped }, version]) => [skipped, version[NOT_READ] ?? []] as const);
      return RELATION_PARTS.filter((part) => {
        const [skipped] = lists.find(([, notRead]) => notRead.includes(part)) ?? [];
        if (skipped !== undefined) tell(ofPart(part, relation, skipped));
        return skipped !== undefined;
      });
    },
  };
}

function ofSchema({ from, object: { name }, at }: Missing): NotCompared | undefined {
  const { schemas, excludedSchemas = [], skipped } = from;
  const schema = printable(name);
  if (schemas !== undefined && !schemas.includes(name))
    return { schema, reason: 'one of the snapshots was taken of other schemas' };
  if (schemas === undefined && excludedSchemas.includes(name))
    return { schema, reason: 'it was excluded when one of the snapshots was taken' };
  const cut = isBehind('schema', at) ? skipped.find(({ part }) => part === 'schemas') : undefined;
  return cut && { part: 'schemas', reason: cut.reason };
}

function ofObject({ from: { skipped }, section, object, at }: Missing): NotCompared | undefined {
  const list = section === 'type' ? 'types' : 'relations';
  const named = { schema: printable(object.schema ?? ''), name: printable(object.name) };
  const own = skipped.find(({ part, ...of }) => part === section && isOf(of, named));
  if (own !== undefined) return { ...named, reason: own.reason };
  const rest = skipped.find(({ part }) => part === 'more' || (part === list && isBehind(section, at)));
  return rest && { part: list, reason: rest.reason };
}

/** Whether a reader has left a section behind: what it has not told of there, it has not come to. */
function isBehind(section: Section, at: Line | undefined): boolean {
  return at === undefined || SECTIONS.indexOf(at.section) > SECTIONS.indexOf(section);
}

/** One entry for all relations where they all lack it for one reason. */
function ofPart(part: RelationPart, { schema, name }: Named, skipped: readonly SkippedPart[]): NotCompared {
  const entries = skipped.filter((each) => each.part === part);
  const all = entries.find((each) => each.name === undefined);
  if (all !== undefined) return { part, reason: all.reason };
  const named = { schema: printable(schema ?? ''), name: printable(name) };
  const own = entries.find((each) => isOf(each, named));
  return { ...named, part, reason: own?.reason ?? 'it could not be read' };
}

function isOf(
  { schema, name }: Pick<SkippedPart, 'schema' | 'name'>,
  of: { schema: string; name: string },
): boolean {
  return schema === of.schema && name === of.name;
}
