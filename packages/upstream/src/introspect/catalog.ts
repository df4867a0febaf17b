import type { Connection } from '../connection.ts';
import { createSlices } from '../wire/slices.ts';
import {
  MAX_CATALOG_CHARS,
  MAX_CATALOG_COLUMNS,
  MAX_CATALOG_RELATIONS,
  MAX_RELATION_COLUMNS,
  TIMEOUT_MS,
} from './limits.ts';
import { nonsense } from './nonsense.ts';
import { IS_CHOSEN, choiceParameters, type SchemaChoice } from './schemas.ts';
import { openSession, type Question } from './session.ts';
import { isTrue, name, text, type Fields } from './values.ts';

/** What its rows tell. */
const TOLD = ['oid', 'schema', 'name', 'kind', 'column', 'data_type', 'is_binary'] as const;
type Told = (typeof TOLD)[number];

export interface CatalogColumn {
  readonly name: string;
  readonly data_type: string;
  /** Whether its values are bytes rather than text. */
  readonly is_binary: boolean;
}

export interface CatalogRelation {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'view' | 'materialized_view' | 'other';
  readonly columns: readonly CatalogColumn[];
}

/** The short form of a schema. */
export interface Catalog {
  readonly relations: readonly CatalogRelation[];
  readonly columnCount: number;
  /** Whether there are more relations or columns than are told. */
  readonly truncated: boolean;
}

interface Reading extends SchemaChoice {
  /** When the time began that it may take, as `performance.now()` counts, in milliseconds. */
  readonly since: number;
}

const KINDS: ReadonlyMap<string, CatalogRelation['kind']> = new Map([
  ['r', 'table'],
  ['p', 'table'],
  ['v', 'view'],
  ['m', 'materialized_view'],
]);

/** A relation without columns has one row too. One more of each is asked for, to see that there are more. */
const CATALOG: Question<Told> = {
  columns: TOLD,
  text: `
    select c.oid, c.schema, c.relname as name, c.relkind as kind, a.attname as column,
      format_type(a.atttypid, a.atttypmod) as data_type,
      'bytea'::regtype in (t.oid, t.typbasetype) as is_binary
    from (
        select c.oid, n.nspname as schema, c.relname, c.relkind
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't' and ${IS_CHOSEN}
        order by n.nspname, c.relname
        limit ${MAX_CATALOG_RELATIONS + 1}
      ) as c
      left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      left join pg_type t on t.oid = a.atttypid
    order by c.schema, c.relname, a.attnum
    limit ${MAX_CATALOG_COLUMNS + 1}
  `,
};

type CatalogRow = Fields<Told>;

/**
 * Reads which relations there are and their columns.
 *
 * @throws UpstreamError when the server is older than PostgreSQL 12, takes too long or hangs up; ServerError when it
 *   refuses to tell
 */
export async function readCatalog(connection: Connection, { since, ...choice }: Reading): Promise<Catalog> {
  const session = await openSession(connection, since + TIMEOUT_MS);
  const rows = await session.rows(CATALOG, choiceParameters(choice), MAX_CATALOG_COLUMNS + 1);
  await session.end();
  const relations: CatalogRelation[] = [];
  let columnCount = 0;
  let chars = 0;
  const slices = createSlices();
  // The last of those that were cut may lack columns: it is left out whole.
  const isCut = rows.length > MAX_CATALOG_COLUMNS;
  for (const { of, isLast } of relationsIn(rows)) {
    if (slices.isOver()) await slices.pause();
    const relation = relationOf(of);
    chars += charsOf(relation);
    const isTooMuch = relations.length === MAX_CATALOG_RELATIONS || chars > MAX_CATALOG_CHARS;
    if (isTooMuch || (isCut && isLast)) return { relations, columnCount, truncated: true };
    relations.push(relation);
    columnCount += relation.columns.length;
  }
  return { relations, columnCount, truncated: false };
}

/** The rows of one relation after the other: they stand together. */
function* relationsIn(
  rows: readonly CatalogRow[],
): Generator<{ of: readonly CatalogRow[]; isLast: boolean }> {
  let start = 0;
  for (let end = 1; end <= rows.length; end += 1) {
    if (rows[end]?.oid === rows[start]?.oid) continue;
    if (end - start > MAX_RELATION_COLUMNS) throw nonsense('a relation has more columns than there can be');
    yield { of: rows.slice(start, end), isLast: end === rows.length };
    start = end;
  }
}

/** Of the texts that others have chosen. */
function charsOf({ schema, name: own, columns }: CatalogRelation): number {
  return columns.reduce(
    (sum, column) => sum + column.name.length + column.data_type.length,
    schema.length + own.length,
  );
}

function relationOf(rows: readonly CatalogRow[]): CatalogRelation {
  const [first] = rows;
  return {
    schema: name(first?.schema),
    name: name(first?.name),
    kind: KINDS.get(text(first?.kind)) ?? 'other',
    columns: rows
      .filter(({ column }) => column !== null)
      .map((row) => ({
        name: name(row.column),
        data_type: text(row.data_type),
        is_binary: isTrue(row.is_binary),
      })),
  };
}
