import { RESTORE_WINDOW_DAYS } from '@headgate/schema';
import type { Clock } from './context.ts';

const DAY_MS = 86_400_000;

/** Clocks of two instances differ; a row's times still never run backwards. */
export function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

/** What was deleted since then can be restored; what was deleted before is purged. */
export function restorableSince(clock: Clock): Date {
  return new Date(clock.now().getTime() - RESTORE_WINDOW_DAYS * DAY_MS);
}

/** Whether long work has been asked to stop. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
