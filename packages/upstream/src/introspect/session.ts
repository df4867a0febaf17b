import { ServerError, type Connection, type Parameter, type Row } from '../connection.ts';
import { UpstreamError } from '../error.ts';
import { rowBytes } from '../row-bytes.ts';
import { Cut } from './cut.ts';
import { LOCK_TIMEOUT_MS, MAX_STATEMENT_BYTES, MIN_STATEMENT_MS, STATEMENT_TIMEOUT_MS } from './limits.ts';
import { nonsense } from './nonsense.ts';
import { printable, text as textOf, wholeNumber, type Fields } from './values.ts';

/** A query, and what it asks for. */
export interface Question<C extends string> {
  readonly text: string;
  /** The columns of its rows in their order. */
  readonly columns: readonly C[];
}

/** A look at a server's catalogs as they are at one moment. */
export interface Session {
  /** Such as `16.4`, without what a packager adds. */
  readonly serverVersion: string;
  /** Such as 160004. */
  readonly serverVersionNumber: number;
  readonly blockSizeBytes: number;
  /**
   * The rows of a query, of which there can be no more than `maxRows`. After a refusal by the server the next one can be
   * asked all the same.
   *
   * @throws ServerError for a refusal; Cut when a bound is reached; UpstreamError when the connection does not hold, of
   *   code protocol_error for an answer to another question
   */
  readonly rows: <C extends string>(
    question: Question<C>,
    parameters: readonly Parameter[],
    maxRows: number,
  ) => Promise<Fields<C>[]>;
  /** Ends the transaction, so that a pooler can give the server's connection to the next. Never fails. */
  readonly end: () => Promise<void>;
}

/** `pg_attribute.attgenerated` is asked for, which is there since 12. */
const MIN_VERSION = 12;

/**
 * What is set is gone with the transaction, which transaction-mode poolers keep on one connection of the server. The
 * snapshot is one for all queries. With this search path every name that is not of PostgreSQL itself is written with its
 * schema; the other settings make expressions read the same whatever the server, the role or the database sets. The
 * savepoint is there to come back to after a refusal; the transaction's snapshot stays.
 */
const BEGIN = `
  begin transaction isolation level repeatable read, read only;
  set local search_path = pg_catalog, pg_temp;
  set local statement_timeout = ${STATEMENT_TIMEOUT_MS};
  set local lock_timeout = ${LOCK_TIMEOUT_MS};
  set local datestyle = 'ISO, YMD';
  set local intervalstyle = 'postgres';
  set local timezone = 'UTC';
  set local extra_float_digits = 1;
  set local bytea_output = 'hex';
  set local lc_monetary = 'C';
  set local quote_all_identifiers = off;
  savepoint asked;
  select current_setting('server_version') as version, current_setting('server_version_num') as number,
    current_setting('block_size') as block_size
`;

/** The server gave a statement up because of its time (PostgreSQL manual, appendix A). */
const QUERY_CANCELED = '57014';

/**
 * Begins to look. `until` is when the reading has to be over, as `performance.now()` counts, in milliseconds.
 *
 * @throws UpstreamError when the server is too old or the connection does not hold; ServerError when it refuses
 */
export async function openSession(connection: Connection, until: number): Promise<Session> {
  const [facts] = (await connection.query(BEGIN)) as Fields<'version' | 'number' | 'block_size'>[];
  const [serverVersion = ''] = printable(textOf(facts?.version)).split(' ', 1);
  const serverVersionNumber = wholeNumber(facts?.number);
  if (serverVersionNumber < MIN_VERSION * 10_000) throw tooOld(serverVersion);
  return {
    serverVersion,
    serverVersionNumber,
    blockSizeBytes: wholeNumber(facts?.block_size),
    rows: async (question, parameters, maxRows) => {
      const leftMs = Math.floor(until - performance.now());
      if (leftMs < MIN_STATEMENT_MS) throw outOfTime();
      try {
        if (leftMs < STATEMENT_TIMEOUT_MS) await connection.query(`set local statement_timeout = ${leftMs}`);
        return await read(connection, question, { parameters, maxRows });
      } catch (error) {
        if (!(error instanceof ServerError)) throw error;
        if (error.sqlState === QUERY_CANCELED) throw outOfTime();
        await connection.query('rollback to savepoint asked');
        throw error;
      }
    },
    end: async () => {
      await connection.query('rollback').catch(() => {});
    },
  };
}

interface Asking {
  readonly parameters: readonly Parameter[];
  readonly maxRows: number;
}

/** What is thrown while rows arrive gives the connection up: what else the server would send is not waited for. */
async function read<C extends string>(
  connection: Connection,
  { text, columns }: Question<C>,
  { parameters, maxRows }: Asking,
): Promise<Fields<C>[]> {
  const rows: Fields<C>[] = [];
  let bytes = 0;
  await connection.each(text, parameters, (row) => {
    if (!hasColumns(row, columns)) throw nonsense('a row has other columns than were asked for');
    if (rows.length === maxRows) throw nonsense('it has more rows than were asked for');
    bytes += rowBytes(row);
    if (bytes > MAX_STATEMENT_BYTES) throw new Cut('too_much', 'The server sent more than is read.');
    rows.push(row);
  });
  return rows;
}

function hasColumns<C extends string>(row: Row, columns: readonly C[]): row is Fields<C> {
  const names = Object.keys(row);
  return names.length === columns.length && columns.every((name, index) => names[index] === name);
}

function outOfTime(): Cut {
  return new Cut('timeout', 'The server took longer than there is time.');
}

function tooOld(version: string): UpstreamError {
  return new UpstreamError({
    ...{ step: 'server', code: 'server_too_old' },
    message: `The schema can be read from PostgreSQL ${MIN_VERSION} on; this server is ${version}.`,
  });
}
