import { ERROR_CODES, type components } from './generated/schema.ts';
import { retryAfterMs } from './retry-after.ts';

type Envelope = components['schemas']['Error'];

/** The closed union of the contract's error codes. */
export type ErrorCode = Envelope['error']['code'];

/** What is wrong with one field. */
export type ErrorDetail = NonNullable<Envelope['error']['details']>[number];

/** A step of a check of an upstream. */
export type ErrorCheck = NonNullable<Envelope['error']['checks']>[number];

/**
 * An answer that is not the one that was asked for. Branch on `code`; `message` is for people and says what to do.
 * `UNKNOWN` is the code of what Headgate itself did not write, such as the page of a proxy in front of it, and of codes
 * that are younger than this client.
 */
export class HeadgateError extends Error {
  override readonly name = 'HeadgateError';
  readonly status: number;
  readonly code: ErrorCode | 'UNKNOWN';
  /** Finds the request in the logs of the service; undefined when something in between answered. */
  readonly requestId: string | undefined;
  /** The fields that the message is about; empty where it is about none. */
  readonly details: readonly ErrorDetail[];
  /** Of UPSTREAM_CHECK_FAILED: the steps of the check that was made; else empty. */
  readonly checks: readonly ErrorCheck[];
  /** When the service asks to be called again; undefined where it does not say. */
  readonly retryAfterSeconds: number | undefined;

  /** @param body what the answer holds, parsed where it was JSON */
  constructor(response: Response, body: unknown) {
    const error = readEnvelope(body);
    super(
      error?.message ??
        `The answer with status ${response.status} is not Headgate's: is something in between, or baseUrl wrong?`,
    );
    this.status = response.status;
    this.code = isErrorCode(error?.code) ? error.code : 'UNKNOWN';
    this.requestId = error?.request_id ?? response.headers.get('X-Request-Id') ?? undefined;
    this.details = Array.isArray(error?.details) ? (error.details as ErrorDetail[]) : [];
    this.checks = Array.isArray(error?.checks) ? (error.checks as ErrorCheck[]) : [];
    const waitMs = retryAfterMs(response.headers);
    this.retryAfterSeconds = waitMs === undefined ? undefined : Math.ceil(waitMs / 1000);
  }
}

/** No whole answer came: the connection could not be made, was lost, or was silent for too long. `cause` says why. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly reason: 'network' | 'timeout';

  constructor(reason: 'network' | 'timeout', message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** What an envelope says, each part only where it has the form that it should have; undefined when it is none. */
function readEnvelope(body: unknown) {
  const error = isObject(body) ? body['error'] : undefined;
  if (!isObject(error) || typeof error['message'] !== 'string') return undefined;
  const { code, message, request_id: requestId, details, checks } = error;
  return {
    code,
    message,
    request_id: typeof requestId === 'string' ? requestId : undefined,
    ...{ details, checks },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isErrorCode(value: unknown): value is ErrorCode {
  return (ERROR_CODES as readonly unknown[]).includes(value);
}
