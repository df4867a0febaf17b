import { ServerError } from '../connection.ts';
import type { Relation } from './relations.ts';
import type { Question, Session } from './session.ts';
import type { RelationPart, Skipped } from './skipped.ts';
import { oidArray, type Fields } from './values.ts';

/** One kind of what relations are made of, and how it is read. */
export interface Part<C extends string> {
  readonly name: RelationPart;
  /** `$1` is an array of the OIDs of relations, and each row names its own as `relation`. */
  readonly question: Question<C | 'relation'>;
  /** How many rows a relation can have; undefined where there is no such number. */
  readonly maxRowsOf?: (relation: Relation) => number;
}

/** Rows of a part, by the OIDs of relations; undefined for one of which it could not be read. */
export type RowsOf<C extends string> = (oid: string) => readonly Fields<C | 'relation'>[] | undefined;

/** Reads a part of some relations, and passes over what cannot be read. */
export type ReadPart = <C extends string>(
  part: Part<C>,
  relations: readonly Relation[],
) => Promise<RowsOf<C>>;

/**
 * That a role may not see a catalog, or that a server does not have it or a function, is so for all relations alike
 * (PostgreSQL manual, appendix A: insufficient_privilege, undefined_table, undefined_column, undefined_function,
 * feature_not_supported).
 */
const OF_ALL_RELATIONS = new Set(['42501', '42P01', '42703', '42883', '0A000']);

/**
 * Makes the reader of parts. What is refused for many relations together is asked for in halves, until what is passed
 * over is the one relation that is the reason: one that was dropped meanwhile, or is being altered.
 */
export function partReader(session: Session, skipped: Skipped): ReadPart {
  const refused = new Set<RelationPart>();

  async function read<C extends string>(
    part: Part<C>,
    relations: readonly Relation[],
    unread: Set<string>,
  ): Promise<Fields<C | 'relation'>[]> {
    const passOver = () => {
      for (const { oid } of relations) unread.add(oid);
      return [];
    };
    if (relations.length === 0 || refused.has(part.name)) return passOver();
    try {
      const oids = oidArray(relations.map(({ oid }) => oid));
      return await session.rows(part.question, [oids], maxRowsOf(part, relations));
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      if (OF_ALL_RELATIONS.has(error.sqlState)) {
        refused.add(part.name);
        skipped.add({ part: part.name, what: `${part.name} of all relations`, reason: error.message });
        return passOver();
      }
      const [first] = relations;
      if (relations.length === 1 && first !== undefined) {
        const { schema, name } = first.head;
        const what = `${part.name} of ${schema}.${name}`;
        skipped.add({ part: part.name, schema, name, what, reason: error.message });
        return passOver();
      }
      const middle = Math.ceil(relations.length / 2);
      const half = await read(part, relations.slice(0, middle), unread);
      return [...half, ...(await read(part, relations.slice(middle), unread))];
    }
  }

  return async (part, relations) => {
    const unread = new Set<string>();
    const rows = Map.groupBy(await read(part, relations, unread), ({ relation }) => relation);
    return (oid) => (unread.has(oid) ? undefined : (rows.get(oid) ?? []));
  };
}

/** Where no number bounds the rows, the memory that they take does. */
function maxRowsOf<C extends string>({ maxRowsOf: most }: Part<C>, relations: readonly Relation[]): number {
  if (most === undefined) return Number.POSITIVE_INFINITY;
  return relations.reduce((sum, relation) => sum + most(relation), 0);
}
