import { ERROR_CODES, type CheckStep, type ErrorCode, type FieldError } from '@headgate/schema';
import { classifyFailure } from '@headgate/db';
import { harmless } from './harmless.ts';

/** How long a caller waits before it repeats what could not be served. */
const RETRY_AFTER_SECONDS = 2;

/**
 * The bounds of the service that a request may meet: rates, requests and other things under way at once, waits. By
 * these names they are counted for whoever watches the service.
 */
export const BOUNDS = [
  'address_rate',
  'failure_rate',
  'actor_rate',
  'actor_requests',
  'request_time',
  'bodies',
  'exports',
  'schema_readings',
  'verifications',
  'upstream_checks',
  'introspections',
  'sql_parser',
] as const;

export type Bound = (typeof BOUNDS)[number];

export interface ErrorOptions {
  readonly details?: readonly FieldError[] | undefined;
  readonly checks?: readonly CheckStep[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** Which bound was met. For the metrics; never shown to the caller. */
  readonly bound?: Bound | undefined;
  /** For the log; never shown to the caller. */
  readonly cause?: unknown;
}

/** An error that may be shown: its message is for the caller and says what to do; its cause is for the operator. */
export class HeadgateError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly FieldError[] | undefined;
  /** The steps of the check of an upstream that failed. */
  readonly checks: readonly CheckStep[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly bound: Bound | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    const { details, checks, retryAfterSeconds, bound, cause } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HeadgateError';
    this.code = code;
    this.details = details;
    this.checks = checks;
    this.retryAfterSeconds = retryAfterSeconds;
    this.bound = bound;
  }

  /** The HTTP status that the code travels with. */
  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/** An answer is bounded, also when what is wrong with a request is not. */
const MAX_DETAILS = 20;
const MAX_FIELD_CHARS = 100;

/** One or more fields are wrong. The message names the first, since many clients show nothing else. */
export function invalidInput(wrong: readonly [FieldError, ...FieldError[]]): HeadgateError {
  const [given, ...others] = wrong;
  const first = shown(given);
  const details = [first, ...others.slice(0, MAX_DETAILS - 1).map(shown)];
  const more = others.length === 0 ? '' : ` (and ${others.length} more, see details)`;
  return new HeadgateError('INVALID_INPUT', `${first.field} ${first.message}${more}.`, { details });
}

/** The name of a field may be one that a caller has made up. */
function shown({ field, message }: FieldError): FieldError {
  return { field: harmless(shorten(field, MAX_FIELD_CHARS)), message };
}

/** Errors of fields that stand inside another field of the request, by their full path. */
export async function insideField<T>(field: string, work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    const [first, ...others] = error instanceof HeadgateError ? (error.details ?? []) : [];
    if (first === undefined) throw error;
    const inside = (each: FieldError) => ({ ...each, field: `${field}.${each.field}` });
    throw invalidInput([inside(first), ...others.map(inside)]);
  });
}

/** Text of a caller that stands in an answer, cut to a length that helps. */
export function shorten(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars).toWellFormed()}…`;
}

/** The same words whether the resource is missing, deleted or another tenant's. */
export function notFound(what: string): HeadgateError {
  return new HeadgateError('NOT_FOUND', `There is no such ${what}, or it is not yours to see.`);
}

/** The request contradicts the present state; the message says which state, and the way out of it. */
export function conflict(message: string): HeadgateError {
  return new HeadgateError('CONFLICT', message);
}

/** No credentials, or none that hold. The message says what to send; the cause is for the log. */
export function unauthorized(message: string, cause?: unknown): HeadgateError {
  return new HeadgateError('UNAUTHORIZED', message, { cause });
}

/** What is told of something unavailable beside its message. No error fits here: that is its cause. */
type Unavailability = Pick<ErrorOptions, 'cause' | 'bound'> & { readonly message?: never };

/** Something that Headgate needs does not serve now. The message gets the time to repeat the request added. */
export function unavailable(message: string, options: Unavailability = {}): HeadgateError {
  return new HeadgateError(
    'UNAVAILABLE',
    `${message} Repeat the request in ${RETRY_AFTER_SECONDS} seconds.`,
    { ...options, retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

/** Any error as one that may be shown. What is not known shows nothing of itself. */
export function toHeadgateError(error: unknown): HeadgateError {
  if (error instanceof HeadgateError) return error;
  switch (classifyFailure(error)) {
    case 'unavailable':
      return unavailable('The metadata database does not serve the request now.', { cause: error });
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
