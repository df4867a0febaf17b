import { MAX_SKIPPED } from './limits.ts';
import { printable } from './values.ts';

/** What relations are made of, each of which is read by itself. */
export const RELATION_PARTS = ['columns', 'constraints', 'indexes', 'definitions'] as const;
export type RelationPart = (typeof RELATION_PARTS)[number];

/** What of a database is not in a snapshot of it, and why. */
export interface SkippedPart {
  /**
   * `schema` and `relation` are one of these, by its name. `schemas`, `types` and `relations` are those behind the last
   * that the snapshot holds. A part of relations is that of one, or of all where none is named. `more` is anything but
   * a schema.
   */
  readonly part: 'schema' | 'schemas' | 'types' | 'relation' | 'relations' | RelationPart | 'more';
  /** Of a schema its own name. Like `name` it is fit to be shown: compare it with what `printable` makes of a name. */
  readonly schema?: string | undefined;
  /** Of the relation. */
  readonly name?: string | undefined;
  readonly what: string;
  readonly reason: string;
}

/** Collects what is passed over. */
export interface Skipped {
  readonly parts: readonly SkippedPart[];
  readonly isTruncated: boolean;
  /** Something could not be read. */
  readonly add: (part: SkippedPart) => void;
  /** Something was left out because a bound was reached. */
  readonly cut: (part: SkippedPart) => void;
}

const MORE: SkippedPart = {
  ...{ part: 'more', what: 'more', reason: 'not everything that was passed over is listed' },
};

/** Nothing is passed over yet. */
export function createSkipped(): Skipped {
  const parts: SkippedPart[] = [];
  let isTruncated = false;
  const add: Skipped['add'] = ({ part, schema, name, what, reason }) => {
    if (parts.length === MAX_SKIPPED) {
      parts[MAX_SKIPPED - 1] = MORE;
      return;
    }
    parts.push({
      part,
      ...(schema !== undefined && { schema: printable(schema) }),
      ...(name !== undefined && { name: printable(name) }),
      ...{ what: printable(what), reason: printable(reason) },
    });
  };
  return {
    parts,
    get isTruncated() {
      return isTruncated;
    },
    add,
    cut: (part) => {
      isTruncated = true;
      add(part);
    },
  };
}
