import { NOT_READ } from './lines.ts';
import type { RelationPart } from './skipped.ts';

/** In what two versions of an object differ: a property of its own, or one of its parts. */
export interface Difference {
  readonly part: 'property' | 'column' | 'constraint' | 'index';
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly before?: unknown;
  readonly after?: unknown;
}

type Version = Readonly<Record<string, unknown>>;

interface Part {
  readonly name: string;
}

/** The lists in which the parts of a relation stand. */
const PARTS = { columns: 'column', constraints: 'constraint', indexes: 'index' } as const;

/** Where else the parts of a relation stand that are read by themselves. */
const DEFINITION = new Set(['definition', 'partition_key', 'partition_bound', 'parents']);

/** All that differs but for these parts, so that two versions without differences are the same as far as is known. */
export function differencesOf(before: object, after: object, notRead: readonly RelationPart[]): Difference[] {
  const [old, young] = [before as Version, after as Version];
  const left = new Set<string>(notRead);
  const isKnown = (name: string) =>
    name !== NOT_READ && !left.has(DEFINITION.has(name) ? 'definitions' : name);
  const names = [...new Set([...Object.keys(old), ...Object.keys(young)])].filter(isKnown);
  return names.flatMap((name) => {
    // The constraints of a domain have names too.
    if (Object.hasOwn(PARTS, name) && Array.isArray(old[name]) && Array.isArray(young[name])) {
      return differencesOfParts(name as keyof typeof PARTS, old[name] as Part[], young[name] as Part[]);
    }
    return differenceOf({ part: 'property', name }, old[name], young[name]);
  });
}

function differenceOf(of: Pick<Difference, 'part' | 'name'>, before: unknown, after: unknown): Difference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (before === undefined) return [{ ...of, change: 'added', after }];
  if (after === undefined) return [{ ...of, change: 'removed', before }];
  return [{ ...of, change: 'changed', before, after }];
}

function differencesOfParts(
  list: keyof typeof PARTS,
  before: readonly Part[],
  after: readonly Part[],
): Difference[] {
  const [old, young] = [byName(before), byName(after)];
  const names = [...new Set([...old.keys(), ...young.keys()])];
  const differences = names.flatMap((name) =>
    differenceOf({ part: PARTS[list], name }, old.get(name), young.get(name)),
  );
  if (list !== 'columns') return differences;
  // That a column stands elsewhere because another one came or went is no change of its own.
  const common = (parts: readonly Part[]) =>
    parts.map(({ name }) => name).filter((name) => old.has(name) && young.has(name));
  return [
    ...differences,
    ...differenceOf({ part: 'property', name: 'column_order' }, common(before), common(after)),
  ];
}

/** Parts without their positions, by name. */
function byName(parts: readonly Part[]): Map<string, unknown> {
  return new Map(
    parts.map((part) => {
      const { position: _position, ...rest } = part as Part & { readonly position?: number };
      return [part.name, rest];
    }),
  );
}
