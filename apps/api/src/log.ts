import { SECRET_FIELDS, SECRET_HEADERS } from '@headgate/schema';
import { pino, type DestinationStream, type Logger } from 'pino';

/** How many errors deep the cause of a cause is followed. */
const MAX_CAUSES = 4;
/** How deep in a logged object a secret field is looked for. */
const REDACTION_DEPTHS = ['', '*.', '*.*.'];

interface LogOptions {
  readonly level: string;
  readonly destination?: DestinationStream;
}

/**
 * One line of JSON an event. Nothing that holds a secret is ever handed to it; should that happen all the same, the
 * fields that the contract marks as secret are blacked out.
 */
export function createLog({ level, destination }: LogOptions): Logger {
  const secrets = [...SECRET_FIELDS, ...SECRET_HEADERS].map((name) => (name.includes('-') ? `["${name}"]` : name));
  const paths = REDACTION_DEPTHS.flatMap((prefix) =>
    secrets.map((name) => (name.startsWith('[') ? `${prefix.replace(/\.$/, '')}${name}` : `${prefix}${name}`)),
  );
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths, censor: '[redacted]' },
      serializers: { err: describeError },
    },
    destination ?? pino.destination({ sync: false }),
  );
}

/**
 * An error by fields that are known to be harmless: an error of the database also carries the statement, its
 * parameters and the values of the row.
 */
function describeError(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { message: 'not an Error' };
  return {
    type: error.name,
    message: error.message,
    ...('code' in error && { code: error.code }),
    ...('constraint_name' in error && { constraint: error.constraint_name }),
    ...('table_name' in error && { table: error.table_name }),
    stack: error.stack,
    ...(error.cause !== undefined && depth < MAX_CAUSES && { cause: describeError(error.cause, depth + 1) }),
  };
}
