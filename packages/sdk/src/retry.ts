import { ConnectionError } from './errors.ts';
import { retryAfterMs } from './retry-after.ts';

/** Waits, or rejects with the signal's reason when it is aborted before. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;
/** What `fetch` does with a finished request. */
export type Fetch = (request: Request) => Promise<Response>;

/** How one call is tried. */
export interface RetryOptions {
  readonly fetch: Fetch;
  readonly maxRetries: number;
  /** How long one try may take, its body included. */
  readonly timeoutMs: number;
  readonly sleep: Sleep;
  /** Leave the body of an answer that succeeds to the caller, who reads it as it comes: no limit of time holds it. */
  readonly streams: boolean;
}

/** These say that the same request may succeed later; all other statuses stay what they are. */
const RETRIED_STATUSES = [408, 429, 502, 503, 504];
/** Doing these twice is doing them once (RFC 9110 section 9.2.2); any other request needs a key for that. */
const IDEMPOTENT_METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];
const FIRST_WAIT_MS = 500;
/** All waits of one call together: whoever is told to wait longer hears of it instead. */
const MAX_TOTAL_WAIT_MS = 120_000;
/** The statuses that have no body, for which a body cannot even be given (Fetch standard, null body status). */
export const BODILESS_STATUSES: readonly number[] = [101, 204, 205, 304];

/**
 * Sends a request until it is answered for good.
 *
 * @returns the last answer, whatever its status is
 * @throws ConnectionError when the last try got no whole answer; the reason of the request's own signal when it is aborted
 */
export async function fetchWithRetries(request: Request, options: RetryOptions): Promise<Response> {
  const maxRetries = isRepeatable(request) ? options.maxRetries : 0;
  let waitedMs = 0;
  for (let retry = 0; ; retry += 1) {
    const outcome = await tryOnce(request, options);
    const isAnswer = outcome instanceof Response;
    if (isAnswer && !RETRIED_STATUSES.includes(outcome.status)) return outcome;
    const waitMs = (isAnswer ? retryAfterMs(outcome.headers) : undefined) ?? backoffMs(retry);
    if (retry >= maxRetries || waitedMs + waitMs > MAX_TOTAL_WAIT_MS) {
      if (isAnswer) return outcome;
      throw outcome;
    }
    await options.sleep(waitMs, request.signal);
    waitedMs += waitMs;
  }
}

function isRepeatable(request: Request): boolean {
  return IDEMPOTENT_METHODS.includes(request.method) || request.headers.has('Idempotency-Key');
}

/** Doubles from try to try; spread over half of it and one and a half, so that callers do not come back all at once. */
function backoffMs(retry: number): number {
  return FIRST_WAIT_MS * 2 ** retry * (0.5 + Math.random());
}

async function tryOnce(request: Request, options: RetryOptions): Promise<Response | ConnectionError> {
  const { fetch, timeoutMs, streams } = options;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeoutMs);
  const signal = AbortSignal.any([request.signal, limit.signal]);
  try {
    const response = await fetch(new Request(request.clone(), { signal }));
    return streams && response.ok ? response : await withWholeBody(response);
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    const { origin } = new URL(request.url);
    if (limit.signal.aborted)
      return new ConnectionError('timeout', `${origin} gave no whole answer in ${timeoutMs} ms.`, error);
    return new ConnectionError('network', `The connection to ${origin} failed: ${reasonOf(error)}`, error);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads the body while the try lasts, so that a connection that breaks in the middle of it is tried again. */
async function withWholeBody(response: Response): Promise<Response> {
  if (response.body === null || BODILESS_STATUSES.includes(response.status)) return response;
  const { status, statusText, headers } = response;
  return new Response(await response.arrayBuffer(), { status, statusText, headers });
}

/** Node hides why a connection failed in the cause of `fetch failed`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'for a reason that was not given.';
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}

/** The `sleep` that is used when none is given. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal.addEventListener('abort', abort, { once: true });
  });
}
