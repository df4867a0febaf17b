import { ERROR_CODES, type ErrorCode, type FieldError } from '@headgate/schema';
import { classifyFailure } from '@headgate/db';

/** How long a caller waits before it repeats what could not be served. */
const RETRY_AFTER_SECONDS = 2;

interface ErrorOptions {
  readonly details?: readonly FieldError[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** For the log; never shown to the caller. */
  readonly cause?: unknown;
}

/** An error that may be shown: its message is for the caller and says what to do; its cause is for the operator. */
export class HeadgateError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, { details, retryAfterSeconds, cause }: ErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HeadgateError';
    this.code = code;
    this.details = details;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** The HTTP status that the code travels with. */
  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/** One or more fields are wrong. The message names the first, since many clients show nothing else. */
export function invalidInput(details: readonly [FieldError, ...FieldError[]]): HeadgateError {
  const [first, ...others] = details;
  const more = others.length === 0 ? '' : ` (and ${others.length} more, see details)`;
  const subject = first.field === '' ? 'The request body' : first.field;
  return new HeadgateError('INVALID_INPUT', `${subject} ${first.message}${more}.`, { details });
}

/** The same words whether the resource is missing, deleted or another tenant's. */
export function notFound(what: string): HeadgateError {
  return new HeadgateError('NOT_FOUND', `There is no such ${what}, or it is not yours to see.`);
}

export function conflict(message: string): HeadgateError {
  return new HeadgateError('CONFLICT', message);
}

export function unavailable(message: string, cause?: unknown): HeadgateError {
  return new HeadgateError(
    'UNAVAILABLE',
    `${message} Repeat the request in ${RETRY_AFTER_SECONDS} seconds.`,
    {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      cause,
    },
  );
}

/** Any error as one that may be shown. What is not known shows nothing of itself. */
export function toHeadgateError(error: unknown): HeadgateError {
  if (error instanceof HeadgateError) return error;
  switch (classifyFailure(error)) {
    case 'unavailable':
      return unavailable('The metadata database does not serve the request now.', error);
    case 'conflict':
      return new HeadgateError(
        'CONFLICT',
        'Another request changed the same thing. Read it again and repeat.',
        {
          cause: error,
        },
      );
    case 'bug':
      return new HeadgateError(
        'INTERNAL_ERROR',
        'Something went wrong in Headgate. Report it with the request id.',
        {
          cause: error,
        },
      );
  }
}
