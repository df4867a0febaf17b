import type { Context } from '../context.ts';
import { HeadgateError, unavailable } from '../errors.ts';

/** How long one use of customers' servers may take, whatever it is. The answer to its request comes before 15 s. */
const TIMEOUT_MS = 14_000;
/** At once, for one project and for all of an instance. */
const MAX_PER_PROJECT = 4;
const MAX_IN_ALL = 50;
const RETRY_AFTER_SECONDS = 2;

/** Who uses customers' servers now: one for an instance. */
export interface UpstreamPlaces {
  readonly taken: Map<string, number>;
}

/** All places are free. */
export function createUpstreamPlaces(): UpstreamPlaces {
  return { taken: new Map() };
}

/**
 * Does something with customers' servers for a project: a few at a time, for a bounded time, and no longer than the
 * caller is there for the answer. Nothing of ours is held meanwhile: it is done before or between transactions.
 *
 * @throws HeadgateError RATE_LIMITED when the project has too many under way, UNAVAILABLE when this instance has
 */
export async function useUpstream<T>(
  { upstreamPlaces: { taken }, callerGone }: Pick<Context, 'upstreamPlaces' | 'callerGone'>,
  projectId: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const inAll = Array.from(taken.values()).reduce((sum, count) => sum + count, 0);
  if (inAll >= MAX_IN_ALL) throw unavailable('Too many databases are being checked.');
  const ofProject = taken.get(projectId) ?? 0;
  if (ofProject >= MAX_PER_PROJECT) {
    throw new HeadgateError(
      'RATE_LIMITED',
      `This project has ${ofProject} checks of databases under way, as many as may be at a time. Repeat in ${RETRY_AFTER_SECONDS} seconds.`,
      { retryAfterSeconds: RETRY_AFTER_SECONDS },
    );
  }
  taken.set(projectId, ofProject + 1);
  const limits = [AbortSignal.timeout(TIMEOUT_MS), ...(callerGone === undefined ? [] : [callerGone()])];
  try {
    return await work(AbortSignal.any(limits));
  } finally {
    const left = (taken.get(projectId) ?? 1) - 1;
    if (left === 0) taken.delete(projectId);
    else taken.set(projectId, left);
  }
}
