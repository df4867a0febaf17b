import { serialize } from 'pg-protocol';
import { ServerError, type Parameter, type Row } from '../connection.ts';
import type { Channel } from './channel.ts';
import { violation, WireError } from './failure.ts';
import type { Frame } from './framing.ts';
import { readColumns, readServerMessage, readValues, TYPE, type ServerMessage } from './messages.ts';
import type { ServerText } from './server-text.ts';
import { createSlices } from './slices.ts';

export interface StatementHandlers {
  /** A result begins. With several statements in one text there are several. */
  readonly onResult?: () => void;
  readonly onRow: (row: Row) => void | Promise<void>;
  /** What the server says besides: a setting that changed. */
  readonly onAside: (frame: Frame) => void;
}

/** The messages of the simple protocol (PostgreSQL manual, section 54.2.2). */
export function simpleQuery(text: string): Buffer[] {
  return [serialize.query(text)];
}

/** The messages of the extended protocol, all of it without names (PostgreSQL manual, section 54.2.3). */
export function extendedQuery(text: string, parameters: readonly Parameter[]): Buffer[] {
  return [
    serialize.parse({ text }),
    serialize.bind({ values: [...parameters] }),
    serialize.describe({ type: 'P' }),
    serialize.execute(),
    serialize.sync(),
  ];
}

/**
 * Reads what the server answers to a statement, up to the point where it is ready for the next.
 *
 * @throws ServerError what the server says against it; WireError when the connection does not hold; and whatever
 *   `onRow` throws
 */
export async function readAnswer(
  channel: Channel,
  serverText: ServerText,
  handlers: StatementHandlers,
): Promise<void> {
  const slices = createSlices();
  let columns: string[] | undefined;
  let refusal: ServerMessage | undefined;
  for (;;) {
    if (slices.isOver()) await slices.pause();
    const frame = channel.take() ?? (await channel.next());
    const { type, body } = frame;
    if (type === TYPE.ready) break;
    if (type === TYPE.dataRow) {
      if (columns === undefined) throw violation('it sends a row that belongs to no result');
      const waiting = handlers.onRow(toRow(columns, readValues(body, columns.length)));
      if (waiting instanceof Promise) await waiting;
    } else if (type === TYPE.rowDescription) {
      columns = readColumns(body);
      handlers.onResult?.();
    } else if (type === TYPE.error) refusal ??= statementRefusal(readServerMessage(body), serverText);
    else if (ENDS_A_RESULT.has(type)) columns = undefined;
    else if (!ASIDES.has(type)) throw violation('it answers a statement with something else');
    else handlers.onAside(frame);
  }
  if (refusal !== undefined) throw new ServerError(refusal.sqlState, serverText.show(refusal.message));
}

const ENDS_A_RESULT = new Set<number>([TYPE.commandComplete, TYPE.emptyQuery, TYPE.noData]);

/** What may come at any time, or says nothing that is not known. */
const ASIDES = new Set<number>([
  TYPE.notice,
  TYPE.notification,
  TYPE.parameterStatus,
  TYPE.parseComplete,
  TYPE.bindComplete,
]);

type Values = Record<string, string | null>;

/**
 * What rows are made by. Their prototype is empty and has none itself: a column may be called anything, `__proto__` too,
 * and whoever looks for one that was not sent finds nothing. V8 keeps an object of no prototype at all as a hash table,
 * in several times the memory.
 */
const Columns = function () {} as unknown as new () => Values;
Columns.prototype = Object.freeze({ __proto__: null });

function toRow(columns: readonly string[], values: readonly (string | null)[]): Row {
  const row = new Columns();
  for (const [index, name] of columns.entries()) row[name] = values[index] ?? null;
  return row;
}

/** @throws WireError for an error that ends the connection too */
function statementRefusal(said: ServerMessage, serverText: ServerText): ServerMessage {
  if (said.severity !== 'FATAL' && said.severity !== 'PANIC') return said;
  throw new WireError(
    'closed',
    `The server ends the connection (${said.sqlState}): ${serverText.show(said.message)}`,
  );
}
