import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** What the shell itself can answer with; Better Auth's own refusals keep Better Auth's form. */
const CODES = {
  INVALID_INPUT: 400,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  PAYLOAD_TOO_LARGE: 413,
  INTERNAL_ERROR: 500,
  UNAVAILABLE: 503,
} as const satisfies Record<string, ContentfulStatusCode>;

/** Code of an error that the shell answers with. */
export type ErrorCode = keyof typeof CODES;

/** A refusal by the shell. The message is for the client and says what to do. */
export class ShellError extends Error {
  override readonly name = 'ShellError';
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | null;

  constructor(code: ErrorCode, message: string, retryAfterSeconds: number | null = null) {
    super(message);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Answers with the error envelope of Headgate. */
export function envelope(c: Context<ShellEnv>, error: ShellError): Response {
  if (error.retryAfterSeconds !== null) c.header('Retry-After', String(error.retryAfterSeconds));
  const body = { code: error.code, message: error.message, request_id: c.get('requestId') };
  return c.json({ error: body }, CODES[error.code]);
}

/**
 * What PostgreSQL and its driver say when the database is away, overloaded, or too slow: class 08 and 57P,
 * query_canceled by the statement timeout, too_many_connections, and a database that is gone.
 */
const UNAVAILABLE =
  /^(08...|57P..|57014|53300|3D000|ECONN.*|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|CONNECT_TIMEOUT|CONNECTION_.*)$/;
/** PostgreSQL stores no NUL in a text, and Better Auth passes them on. */
const CHARACTER_NOT_IN_REPERTOIRE = '22021';

/** What the client is told of an error that nobody foresaw: never its message. */
export function toShellError(error: Error): ShellError {
  if (error instanceof ShellError) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code === CHARACTER_NOT_IN_REPERTOIRE)
    return new ShellError('INVALID_INPUT', 'Leave NUL characters out of texts.');
  if (UNAVAILABLE.test(code))
    return new ShellError('UNAVAILABLE', 'The database is not available. Try again.', 2);
  return new ShellError('INTERNAL_ERROR', 'Something went wrong here. Report the request id.');
}

/** What the shell's middleware keeps with a request. */
export interface ShellEnv {
  Variables: { requestId: string };
  Bindings: { incoming?: { socket: { remoteAddress?: string } } };
}
