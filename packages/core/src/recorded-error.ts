import type { ErrorCode } from '@headgate/schema';
import type { AuditEntry } from './audit.ts';
import { HeadgateError, type ErrorOptions } from './errors.ts';

interface RecordedErrorOptions extends ErrorOptions {
  readonly entry: AuditEntry;
}

/**
 * A refusal that the audit log tells of, although nothing was changed: on the way to it a stranger's server was dialled
 * for the caller, and was sent a secret. `mutate` writes it down when the verb ends with it.
 */
export class RecordedError extends HeadgateError {
  readonly entry: AuditEntry;

  constructor(code: ErrorCode, message: string, { entry, ...options }: RecordedErrorOptions) {
    super(code, message, options);
    this.entry = entry;
  }
}
