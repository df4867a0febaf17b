import type { FailureCode } from './codes.ts';

/** The steps on the way to a server, in their order. */
export type Step = 'name' | 'address' | 'reach' | 'tls' | 'login' | 'server';

interface UpstreamErrorOptions {
  readonly step: Step;
  readonly code: FailureCode;
  /** What happened, to a person. It never holds a secret, and of what a server wrote only what can do no harm. */
  readonly message: string;
  /** For the operator's log; never shown. */
  readonly cause?: unknown;
}

/** Why a customer's server could not be used: where on the way, under a stable code, and what to do about it. */
export class UpstreamError extends Error {
  readonly step: Step;
  readonly code: FailureCode;

  constructor({ step, code, message, cause }: UpstreamErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'UpstreamError';
    this.step = step;
    this.code = code;
  }
}
