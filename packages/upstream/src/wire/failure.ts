import type { FailureCode } from '../codes.ts';
import { UpstreamError, type Step } from '../error.ts';

/** What went wrong on the wire, before it is known at which step that was. It does not leave this folder. */
export class WireError extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'WireError';
    this.code = code;
  }
}

/** A server's "no", or a handshake that came to nothing. Some ssl_modes then try it the other way. */
export class Refusal extends WireError {}

/** What the encryption ended with after its handshake: TLS 1.3 judges a client's certificate only then. */
export class TlsFailure extends WireError {}

/** For a byte, length or order of messages that the protocol does not have. */
export function violation(what: string): WireError {
  return new WireError('protocol_error', `The server does not speak PostgreSQL's protocol: ${what}.`);
}

/** For a server that left, and for how the operating system put it. */
export function hungUp(cause?: unknown): WireError {
  return new WireError('closed', 'The server closed the connection.', cause);
}

/** For whoever gave up: `timeout` where the signal says that its time was over (AbortSignal.timeout). */
export function givenUp(signal: AbortSignal): WireError {
  const isTimeout = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
  return isTimeout
    ? new WireError('timeout', 'The server did not answer in time.', signal.reason)
    : new WireError('cancelled', 'The connection was given up.', signal.reason);
}

/** The same failure with the step that it happened at. What is no failure of ours to name comes back as it is. */
export function atStep(step: Step, error: unknown): unknown {
  if (!(error instanceof WireError)) return error;
  return new UpstreamError({ step, code: error.code, message: error.message, cause: error.cause });
}
