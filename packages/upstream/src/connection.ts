import type { Step } from './error.ts';

/** A row: its values as text, as the server writes them, by the names of their columns. */
export type Row = Readonly<Record<string, string | null>>;

/** A parameter, as text. */
export type Parameter = string | null;

/** How one step on the way went. */
export interface StepReport {
  readonly step: Step;
  readonly durationMs: number;
  /** Undefined when it went well. */
  readonly error?: unknown;
}

export interface ConnectOptions {
  /**
   * Gives everything up at once: whoever waits hears `timeout` where the signal's reason is a TimeoutError, `cancelled`
   * otherwise; what is under way on the server is cancelled; and the connection is closed within 2 s.
   */
  readonly signal: AbortSignal;
  /** Hears of each step when it is done, well or not. */
  readonly onStep?: ((report: StepReport) => void) | undefined;
  /** How many bytes are read in all before the connection is given up. */
  readonly maxBytes?: number | undefined;
}

/** A connection to a customer's server. One statement runs at a time. */
export interface Connection {
  /** What the server told of itself at login, such as `server_version` (PostgreSQL manual, section 54.2.7). */
  readonly parameters: ReadonlyMap<string, string>;
  /** The protocol of the encryption, such as `TLSv1.3`; undefined for a plain connection. */
  readonly tlsProtocol: string | undefined;
  /** The address that was dialled. */
  readonly address: string;
  /** From `connect` to readiness. */
  readonly latencyMs: number;
  /**
   * The process that serves us, by the key that cancels with (BackendKeyData). PostgreSQL itself names the backend;
   * poolers make one up, which tells them apart. Undefined where the server sent none.
   */
  readonly processId: number | undefined;
  /**
   * Runs one statement, and holds all of its rows. With parameters it is prepared without a name, which transaction-mode
   * poolers let through; without, it may be several statements, and the rows are those of the last that has any.
   *
   * @throws ServerError what the server says against it, after which the connection goes on; UpstreamError of step
   *   `server` when the connection does not hold
   */
  query(text: string, parameters?: readonly Parameter[]): Promise<Row[]>;
  /**
   * The same, handing over each row as it arrives and keeping none. Reading waits for `onRow` where it returns a promise.
   * What `onRow` throws comes back to the caller, and gives the connection up.
   */
  each(
    text: string,
    parameters: readonly Parameter[],
    onRow: (row: Row) => void | Promise<void>,
  ): Promise<void>;
  /**
   * A text that the server wrote, fit to be shown: one line of at most 300 plain characters, and without the password if
   * the server was told it (as it is where it asks for it in the clear).
   */
  show(text: string): string;
  /** Says goodbye and closes. Never fails. What still runs on the server is cancelled. */
  close(): Promise<void>;
}

/** What a server says against a statement or a login (PostgreSQL manual, section 54.8). */
export class ServerError extends Error {
  /** SQLSTATE (PostgreSQL manual, appendix A). */
  readonly sqlState: string;

  constructor(sqlState: string, message: string) {
    super(message);
    this.name = 'ServerError';
    this.sqlState = sqlState;
  }
}
