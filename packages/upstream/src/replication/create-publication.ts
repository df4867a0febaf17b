import { ServerError, type Connection } from '../connection.ts';
import { inTransaction } from './in-transaction.ts';
import { listNames } from './list-names.ts';
import { Refusal } from './refusal.ts';

/** A publication waits for whoever writes to its tables no longer than that. */
const TIMEOUT_MS = 3000;
const DUPLICATE_OBJECT = '42710';
const INSUFFICIENT_PRIVILEGE = '42501';

/** A publication that is wanted. */
export interface PublicationRequest {
  readonly publication: string;
  /** `schema.table`, as SQL writes it; all tables of the database, of now and of later, when left out. */
  readonly tables?: readonly string[] | undefined;
}

/** The tables are given as one JSON list, which needs no quoting of our own. */
const GIVEN = `jsonb_array_elements_text($2::jsonb) with ordinality as given (name, nth)`;

const UNPUBLISHED = `
  select given.name from ${GIVEN}
  where not exists (
    select from pg_catalog.pg_publication_tables t
    where t.pubname = $1 and array[t.schemaname::text, t.tablename::text] = parse_ident(given.name)
  )`;

/** Those of the tables that a publication does not have. */
export async function readUnpublished(
  connection: Connection,
  { publication, tables = [] }: PublicationRequest,
): Promise<string[]> {
  if (tables.length === 0) return [];
  const rows = await connection.query(UNPUBLISHED, [publication, JSON.stringify(tables)]);
  const unpublished = new Set(rows.map((row) => row['name']));
  return tables.filter((table) => unpublished.has(table));
}

/**
 * Writes the statement on the server, which quotes the names: CREATE PUBLICATION takes no parameters. A table that there
 * is not leaves nothing in place of its name, and is told by its place in the list.
 */
const STATEMENT = `
  select coalesce(string_agg(given.nth::text, ',' order by given.nth) filter (where c.oid is null), '') as missing,
    format('create publication %I for table %s', $1::text,
      string_agg(quote_ident(n.nspname) || '.' || quote_ident(c.relname), ', ')) as statement
  from ${GIVEN}
  left join pg_catalog.pg_namespace n on n.nspname = (parse_ident(given.name))[1]
  left join pg_catalog.pg_class c
    on c.relnamespace = n.oid and c.relname = (parse_ident(given.name))[2] and c.relkind in ('r', 'p', 'v', 'm', 'f')`;
const STATEMENT_FOR_ALL =
  "select '' as missing, format('create publication %I for all tables', $1::text) as statement";

/**
 * Creates a publication. Answers whether it did: not when somebody else just has.
 *
 * @throws Refusal when a table is missing or the server says no; UpstreamError when the connection does not hold
 */
export async function createPublication(
  connection: Connection,
  { publication, tables }: PublicationRequest,
): Promise<boolean> {
  const [written] = await (tables === undefined
    ? connection.query(STATEMENT_FOR_ALL, [publication])
    : connection.query(STATEMENT, [publication, JSON.stringify(tables)]));
  const missing = (written?.['missing'] ?? '').split(',').flatMap((nth) => tables?.[Number(nth) - 1] ?? []);
  if (missing.length > 0) {
    const names = connection.show(listNames(missing));
    const message = `There ${missing.length === 1 ? 'is no table' : 'are no tables'} ${names}.`;
    throw new Refusal({ check: 'publication', code: 'table_missing', message });
  }
  const statement = written?.['statement'] ?? '';
  try {
    await inTransaction(connection, TIMEOUT_MS, async () => await connection.query(statement));
    return true;
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    if (error.sqlState === DUPLICATE_OBJECT) return false;
    const code =
      error.sqlState === INSUFFICIENT_PRIVILEGE ? 'publication_not_permitted' : 'publication_refused';
    const message = `The server does not make the publication ${publication}: ${error.message}`;
    throw new Refusal({ check: 'publication', code, message, cause: error });
  }
}

/**
 * Drops a publication that was made here and is not used yet.
 *
 * @throws ServerError, UpstreamError as `Connection.query` does
 */
export async function dropPublication(connection: Connection, publication: string): Promise<void> {
  const [written] = await connection.query(
    "select format('drop publication if exists %I', $1::text) as statement",
    [publication],
  );
  await connection.query(written?.['statement'] ?? '');
}
