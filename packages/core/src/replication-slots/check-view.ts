import type { CheckStep } from '@headgate/schema';
import type { SlotCheck } from '@headgate/upstream';
import { HeadgateError } from '../errors.ts';

/** A check of a slot as its callers see it, built field by field. */
function checkView({ name, outcome, durationMs, code, message, hint }: SlotCheck): CheckStep {
  return {
    ...{ name, outcome, duration_ms: durationMs },
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    ...(hint !== undefined && { hint }),
  };
}

/** Which of the slots of a request it is about. */
interface InRequest {
  readonly name: string;
  /** Where it stands there, such as `replication_slots[1]`. */
  readonly field: string;
}

/**
 * The error of a slot that cannot be used as it is. It names what was made on the upstream and could not be undone, and
 * the slot and its field where it is one of several.
 */
export function checksFailed(
  checks: readonly SlotCheck[],
  leftBehind: readonly string[],
  slot?: InRequest,
): HeadgateError {
  const first = checks.find(({ outcome }) => outcome === 'failed');
  const found = first?.message ?? 'The replication slot cannot be used.';
  const message = slot === undefined ? found : `Replication slot "${slot.name}": ${found}`;
  return new HeadgateError('UPSTREAM_CHECK_FAILED', withLeftBehind(message, leftBehind), {
    checks: checks.map(checkView),
    ...(slot && { details: [{ field: slot.field, message: `cannot be used: ${found}` }] }),
  });
}

/** The same error, telling also what was made on the upstream and is still there. */
export function alsoLeftBehind(error: HeadgateError, leftBehind: readonly string[]): HeadgateError {
  if (leftBehind.length === 0) return error;
  const { code, message, checks, details, retryAfterSeconds, cause = error } = error;
  return new HeadgateError(code, withLeftBehind(message, leftBehind), {
    ...{ checks, details, retryAfterSeconds, cause },
  });
}

/** Tells beside what happened what was made on the upstream and is still there. */
function withLeftBehind(message: string, leftBehind: readonly string[]): string {
  if (leftBehind.length === 0) return message;
  return `${message} What was made for it could not be undone: look on the upstream for ${leftBehind.join(' and ')}, and drop what is not wanted.`;
}
