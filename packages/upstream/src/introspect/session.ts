import { ServerError, type Connection, type Parameter, type Row } from '../connection.ts';
import { UpstreamError } from '../error.ts';
import { Cut } from './cut.ts';
import { LOCK_TIMEOUT_MS, MAX_READ_BYTES, MAX_STATEMENT_BYTES, STATEMENT_TIMEOUT_MS } from './limits.ts';
import { printable, text as textOf, type Fields } from './values.ts';

/** A look at a server's catalogs as they are at one moment. */
export interface Session {
  /** Such as `16.4 (Debian 16.4-1)`; what a server says is cut to what fits on a line. */
  readonly serverVersion: string;
  /** Such as 160004. */
  readonly serverVersionNumber: number;
  readonly blockSizeBytes: number;
  /**
   * The rows of a query. After a refusal by the server the next one can be asked all the same.
   *
   * @throws ServerError for a refusal; Cut when a bound is reached; UpstreamError when the connection does not hold
   */
  readonly rows: (text: string, parameters: readonly Parameter[]) => Promise<Row[]>;
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
  const serverVersion = printable(textOf(facts?.version));
  const serverVersionNumber = Number(facts?.number ?? 0);
  if (serverVersionNumber < MIN_VERSION * 10_000) throw tooOld(serverVersion);
  let readBytes = 0;

  async function read(text: string, parameters: readonly Parameter[]): Promise<Row[]> {
    const rows: Row[] = [];
    let bytes = 0;
    const isTooMuch = () => bytes > MAX_STATEMENT_BYTES || readBytes + bytes > MAX_READ_BYTES;
    // What is too much is let go by: the connection itself is given up where it does not end (`maxBytes`).
    await connection.each(text, parameters, (row) => {
      bytes += sizeOf(row);
      if (!isTooMuch()) rows.push(row);
    });
    if (isTooMuch()) throw new Cut('too_much', 'The server sent more than is read.');
    readBytes += bytes;
    return rows;
  }

  return {
    serverVersion,
    serverVersionNumber,
    blockSizeBytes: Number(facts?.block_size ?? 0),
    rows: async (text, parameters) => {
      if (performance.now() + STATEMENT_TIMEOUT_MS > until) throw outOfTime();
      try {
        return await read(text, parameters);
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

function sizeOf(row: Row): number {
  let size = 0;
  for (const name in row) size += row[name]?.length ?? 0;
  return size;
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
