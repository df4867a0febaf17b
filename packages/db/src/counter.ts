import postgres from 'postgres';
import { StoreTimeoutError } from './failures.ts';
import { reconnectSeconds } from './reconnect.ts';

/** Apart from those of requests: counts must not wait behind requests, nor requests behind counts. */
const MAX_CONNECTIONS = 4;
const CONNECT_TIMEOUT_SECONDS = 2;
/** Nobody waits as long for a count; this ends what the server has begun. */
const STATEMENT_TIMEOUT_MS = 1_000;
/** Where the server says nothing for longer than that, the connection is lost. */
const ANSWER_TIMEOUT_SECONDS = 1.5;
/** A connection is replaced in time for a failover or a changed address to be noticed. */
const MAX_LIFETIME_SECONDS = 30 * 60;
const CLOSE_TIMEOUT_SECONDS = 1;
/** What has been given up on may still wait in the driver while the server is lost. */
const MAX_UNDER_WAY = 1_000;

/** A statement as node-postgres takes it. */
interface CounterQuery {
  readonly text: string;
  readonly values?: readonly unknown[];
}

interface CounterResult {
  readonly rows: readonly Record<string, unknown>[];
  readonly rowCount: number;
}

/** What counts are kept with in the metadata database, in the form of node-postgres' client. */
export interface Counter {
  query(query: CounterQuery): Promise<CounterResult>;
  close(): Promise<void>;
}

/**
 * Opens a way to count in the metadata database, beside the store: the counts are no tenant's, and their statements
 * are those of the library that keeps them. Connections are made when first needed.
 */
export function openCounter(url: string): Counter {
  const sql = postgres(url, {
    max: MAX_CONNECTIONS,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    answer_timeout: ANSWER_TIMEOUT_SECONDS,
    backoff: reconnectSeconds,
    max_lifetime: MAX_LIFETIME_SECONDS,
    onnotice: () => {},
    // Milliseconds since 1970, far below 2^53.
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
    connection: {
      role: 'headgate_app',
      application_name: 'headgate',
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: STATEMENT_TIMEOUT_MS,
    },
  });
  let underWay = 0;
  return {
    query: async ({ text, values = [] }) => {
      if (underWay >= MAX_UNDER_WAY) throw new StoreTimeoutError('too many counts wait for the database');
      underWay += 1;
      try {
        const rows = await sql.unsafe(text, [...values] as never[], { prepare: true });
        return { rows, rowCount: rows.count };
      } finally {
        underWay -= 1;
      }
    },
    close: async () => await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS }),
  };
}
