import type { FailureCode } from '../codes.ts';
import { UpstreamError } from '../error.ts';

/** A server that was asked to do something has surely not done it: it said no, or was not asked in the end. */
export class Refusal extends UpstreamError {
  constructor(code: FailureCode, message: string, cause?: unknown) {
    super({ step: 'server', code, message, cause });
  }
}
