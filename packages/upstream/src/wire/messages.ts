/** What the server's messages say (PostgreSQL manual, section 54.7). Each throws WireError for one that is malformed. */
import { violation } from './failure.ts';
import { Fields } from './fields.ts';

/** The types that are told apart. */
export const TYPE = {
  authentication: 0x52, // R
  backendKey: 0x4b, // K
  parameterStatus: 0x53, // S
  error: 0x45, // E
  ready: 0x5a, // Z
  notice: 0x4e, // N
  notification: 0x41, // A
  negotiateVersion: 0x76, // v
  rowDescription: 0x54, // T
  dataRow: 0x44, // D
  commandComplete: 0x43, // C
  emptyQuery: 0x49, // I
  noData: 0x6e, // n
  parseComplete: 0x31, // 1
  bindComplete: 0x32, // 2
} as const;

/** As many columns as a result of PostgreSQL can have (MaxTupleAttributeNumber). */
const MAX_COLUMNS = 1664;

/** What a server says when something is wrong (PostgreSQL manual, section 54.8). Nothing of it is sanitized. */
export interface ServerMessage {
  /** Never localized; from servers older than 9.6 it may be. */
  readonly severity: string;
  readonly sqlState: string;
  readonly message: string;
  /** The function of the server's source code that says it. Unlike the message it is never localized. */
  readonly routine: string;
}

/** What of an error is read: libpq's own bound, and more fields than PostgreSQL has (18 of them). */
const MAX_ERROR_BYTES = 30_000;
const MAX_ERROR_FIELDS = 32;

/**
 * An ErrorResponse, as far as it is read. What is no SQLSTATE becomes XX000, PostgreSQL's own for what should not be.
 */
export function readServerMessage(body: Buffer): ServerMessage {
  const fields = new Fields(wholeFields(body));
  const found = new Map<string, string>();
  for (let count = 0; count < MAX_ERROR_FIELDS; count += 1) {
    const type = fields.byte();
    if (type === 0) break;
    found.set(String.fromCharCode(type), fields.string());
  }
  const sqlState = found.get('C') ?? '';
  return {
    severity: found.get('V') ?? found.get('S') ?? '',
    sqlState: /^[0-9A-Z]{5}$/.test(sqlState) ? sqlState : 'XX000',
    message: found.get('M') ?? '',
    routine: found.get('R') ?? '',
  };
}

/**
 * The fields that end within the bound, and an end behind them. None is read in part: what is to be concealed in a text
 * (see `ServerText`) would not be found where it is cut in two.
 */
function wholeFields(body: Buffer): Buffer {
  if (body.length <= MAX_ERROR_BYTES) return body;
  const head = body.subarray(0, MAX_ERROR_BYTES);
  return Buffer.concat([head.subarray(0, head.lastIndexOf(0) + 1), Buffer.from([0])]);
}

/** The names of a result's columns. */
export function readColumns(body: Buffer): string[] {
  const fields = new Fields(body);
  const count = fields.uint16();
  if (count > MAX_COLUMNS) throw violation(`a result has ${count} columns`);
  const names: string[] = [];
  for (let index = 0; index < count; index += 1) {
    names.push(fields.string());
    // The table and column that it comes from, its type, size and modifier, and its format, which is 0 for text.
    fields.bytes(16);
    if (fields.uint16() !== 0) throw violation('a column is not sent as text');
  }
  return names;
}

/** The values of a row, of which there must be as many as columns. */
export function readValues(body: Buffer, columns: number): (string | null)[] {
  const fields = new Fields(body);
  const count = fields.uint16();
  if (count !== columns) throw violation(`a row of ${columns} columns has ${count} values`);
  const values: (string | null)[] = [];
  for (let index = 0; index < count; index += 1) {
    const length = fields.int32();
    values.push(length === -1 ? null : fields.text(length));
  }
  return values;
}

export function readParameterStatus(body: Buffer): [name: string, value: string] {
  const fields = new Fields(body);
  return [fields.string(), fields.string()];
}

/** What a request to cancel shows. It is sent back as it came. */
export function readBackendKey(body: Buffer): Buffer {
  // A process id of 4 bytes and a key of 4, or of up to 256 in protocol 3.2 (PostgreSQL manual, section 54.7).
  if (body.length < 8 || body.length > 260) throw violation('the key for cancelling has a length of its own');
  return Buffer.from(body);
}
