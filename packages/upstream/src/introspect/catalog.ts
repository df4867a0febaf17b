import type { Connection } from '../connection.ts';
import { MAX_CATALOG_COLUMNS, MAX_CATALOG_RELATIONS, TIMEOUT_MS } from './limits.ts';
import { IS_CHOSEN, choiceParameters, type SchemaChoice } from './schemas.ts';
import { openSession } from './session.ts';
import { isTrue, text, type Fields } from './values.ts';

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

const KINDS: Readonly<Record<string, CatalogRelation['kind']>> = {
  r: 'table',
  p: 'table',
  v: 'view',
  m: 'materialized_view',
};

/** A relation without columns has one row too. One more of each is asked for, to see that there are more. */
const CATALOG = `
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
`;

type CatalogRow = Fields<'oid' | 'schema' | 'name' | 'kind' | 'column' | 'data_type' | 'is_binary'>;

/**
 * Reads which relations there are and their columns.
 *
 * @throws UpstreamError when the server is older than PostgreSQL 12, takes too long or hangs up; ServerError when it
 *   refuses to tell
 */
export async function readCatalog(connection: Connection, { since, ...choice }: Reading): Promise<Catalog> {
  const session = await openSession(connection, since + TIMEOUT_MS);
  const rows = (await session.rows(CATALOG, choiceParameters(choice))) as CatalogRow[];
  await session.end();
  const byRelation = Array.from(Map.groupBy(rows, ({ oid }) => oid).values());
  const isCut = rows.length > MAX_CATALOG_COLUMNS;
  // The last of those that were cut may lack columns: it is left out whole.
  const whole = byRelation.slice(0, isCut ? -1 : undefined).slice(0, MAX_CATALOG_RELATIONS);
  const relations = whole.map(relationOf);
  return {
    relations,
    columnCount: relations.reduce((sum, { columns }) => sum + columns.length, 0),
    truncated: whole.length < byRelation.length,
  };
}

function relationOf(rows: readonly CatalogRow[]): CatalogRelation {
  const [first] = rows;
  return {
    schema: text(first?.schema),
    name: text(first?.name),
    kind: KINDS[text(first?.kind)] ?? 'other',
    columns: rows
      .filter(({ column }) => column !== null)
      .map((row) => ({
        name: text(row.column),
        data_type: text(row.data_type),
        is_binary: isTrue(row.is_binary),
      })),
  };
}
