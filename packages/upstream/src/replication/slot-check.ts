import { hintOf, type FailureCode } from '../codes.ts';
import type { CheckOutcome } from '../check/result.ts';
import { ServerError } from '../connection.ts';
import { UpstreamError, type Step } from '../error.ts';
import { Refusal } from './refusal.ts';

/** What is held against what a slot needs, in the order in which it is told. */
export const SLOT_CHECK_NAMES = [
  'role',
  'wal_level',
  'replication_slots',
  'primary',
  'publication',
  'slot',
  'publication_before_slot',
] as const;

/** How one of them went; or the step on the way to the server that failed, when it was not reached. */
export interface SlotCheck {
  readonly name: (typeof SLOT_CHECK_NAMES)[number] | Step;
  readonly outcome: CheckOutcome;
  /** Whole milliseconds; 0 for what was told by an answer that served others too. */
  readonly durationMs: number;
  readonly code?: FailureCode;
  readonly message?: string;
  readonly hint?: string;
}

/** What the owner of a slot that can be used should know of it. */
const SLOT_WARNINGS = [
  'publication_may_be_newer',
  'no_hot_standby_feedback',
  'behind_pooler',
  'slot_unreserved',
  'slot_lost',
  'slot_invalidated',
] as const;

export interface SlotWarning {
  readonly code: (typeof SLOT_WARNINGS)[number];
  readonly message: string;
}

export function passed(name: SlotCheck['name']): SlotCheck {
  return { name, outcome: 'passed', durationMs: 0 };
}

export function skipped(name: SlotCheck['name']): SlotCheck {
  return { name, outcome: 'skipped', durationMs: 0 };
}

export function failed(name: SlotCheck['name'], code: FailureCode, message: string): SlotCheck {
  return { name, outcome: 'failed', durationMs: 0, code, message, hint: hintOf(code) };
}

/**
 * What stopped everything as a check of its own: that of the step that failed, or of what was not made or dropped.
 *
 * @throws whatever it is, when it is nothing that a server does
 */
export function toCheck(error: unknown): SlotCheck {
  if (error instanceof Refusal) return failed(error.check, error.code, error.message);
  if (error instanceof UpstreamError) return failed(error.step, error.code, error.message);
  if (error instanceof ServerError)
    return failed('server', 'slot_query_refused', `The server refused to tell: ${error.message}`);
  throw error;
}
