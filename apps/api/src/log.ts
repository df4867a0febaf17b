import { SECRET_FIELDS, SECRET_HEADERS } from '@headgate/schema';
import { pino, type DestinationStream, type Logger } from 'pino';

/** How many errors deep the cause of a cause is followed. */
const MAX_CAUSES = 4;
/** Lines are written a few at a time: a system call for each took a tenth of the time of a read. */
const BUFFER_BYTES = 8 * 1024;
/** How long a line may wait for others. */
const FLUSH_INTERVAL_MS = 100;

interface LogOptions {
  readonly level: string;
  readonly destination?: DestinationStream;
}

/**
 * One line of JSON an event. Nothing that holds a secret is ever handed to it; should that happen all the same, the
 * fields that the contract marks as secret are blacked out, at any depth. (The library's own redaction wants each
 * depth spelled out, and took a twentieth of the time of a read.)
 */
export function createLog({ level, destination }: LogOptions): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (line) => redact(line, 0) as Record<string, unknown>,
      },
      // Described already, wherever in the line it stands.
      serializers: { err: (error: unknown) => error },
    },
    destination ??
      pino.destination({ sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_INTERVAL_MS }),
  );
}

const SECRET_KEYS = new Set<string>([...SECRET_FIELDS, ...SECRET_HEADERS]);
/** What lies deeper is not logged at all. */
const MAX_DEPTH = 8;

/** A copy without secrets, or the value itself when it holds none to look at. */
function redact(value: unknown, depth: number): unknown {
  if (value instanceof Error) return describeError(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    copy[key] = SECRET_KEYS.has(key.toLowerCase()) ? '[redacted]' : redact(item, depth + 1);
  }
  return copy;
}

/**
 * An error by fields that are known to be harmless: an error of the database also carries the statement, its
 * parameters and the values of the row.
 */
function describeError(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { message: 'not an Error' };
  const code = 'code' in error ? String(error.code) : undefined;
  // Errors of this class of PostgreSQL (data exception) quote the value that they refuse.
  const isQuoting = error.name === 'PostgresError' && code?.startsWith('22') === true;
  return {
    type: error.name,
    message: isQuoting ? 'data exception' : error.message,
    ...(code !== undefined && { code }),
    ...('constraint_name' in error && { constraint: error.constraint_name }),
    ...('table_name' in error && { table: error.table_name }),
    ...(!isQuoting && { stack: error.stack }),
    ...(error.cause !== undefined && depth < MAX_CAUSES && { cause: describeError(error.cause, depth + 1) }),
  };
}
