import { pino, type DestinationStream, type Logger } from 'pino';
import type { BetterAuthOptions } from 'better-auth';

export type { Logger } from 'pino';

const MESSAGE_MAX_LENGTH = 300;

/**
 * The one logger of the process: JSON lines on standard output.
 *
 * Nothing is redacted by path, because nothing that could need it is handed over: requests are logged field by field
 * and errors go through {@link describeError}.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service: 'identity' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/**
 * What may be known of an error. PostgreSQL's `detail`, `where` and parameters quote rows, so they are left out;
 * e-mail addresses are masked in what remains.
 */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const {
    code,
    constraint_name: constraint,
    cause,
  } = error as Error & { code?: unknown; constraint_name?: unknown };
  return {
    type: error.name,
    message: maskEmails(error.message),
    ...(typeof code === 'string' && { code }),
    ...(typeof constraint === 'string' && { constraint }),
    stack: error.stack
      ?.split('\n')
      .filter((line) => line.startsWith('    at '))
      .slice(0, 12),
    ...(cause instanceof Error && { cause: describeError(cause) }),
  };
}

/** Better Auth's log lines. Their arguments hold whole rows and bodies, so of those only errors pass, described. */
export function betterAuthLogger(logger: Logger): NonNullable<BetterAuthOptions['logger']> {
  return {
    level: 'warn',
    disableColors: true,
    log(level, message, ...args) {
      const err = args.find((arg) => arg instanceof Error);
      logger[level](err === undefined ? {} : { err }, `better-auth: ${maskEmails(message)}`);
    },
  };
}

function maskEmails(text: string): string {
  return text.slice(0, MESSAGE_MAX_LENGTH).replaceAll(/[^\s@"'`(<=,;:]+@[^\s@"'`)>,;]+/g, '[e-mail]');
}
