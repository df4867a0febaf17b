import type { FailureCode } from '../codes.ts';
import { UpstreamError } from '../error.ts';

interface RefusalOptions {
  /** What was to be made or dropped, as the checks call it. */
  readonly check: 'publication' | 'slot';
  readonly code: FailureCode;
  readonly message: string;
  readonly cause?: unknown;
}

/** A server that was asked to do something has surely not done it: it said no, or was not asked in the end. */
export class Refusal extends UpstreamError {
  readonly check: RefusalOptions['check'];

  constructor({ check, ...error }: RefusalOptions) {
    super({ step: 'server', ...error });
    this.check = check;
  }
}
