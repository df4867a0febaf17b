import type { Context } from '../context.ts';
import { HeadgateError, unavailable } from '../errors.ts';
import { timeForUpstreams } from './time.ts';

/** At once, for one project and for all of an instance. */
const MAX_PER_PROJECT = 4;
const MAX_IN_ALL = 50;
const RETRY_AFTER_SECONDS = 2;

/**
 * Does something with customers' servers for a project: a few at a time, for a bounded time, and no longer than the
 * caller is there for the answer. Nothing of ours is held meanwhile: it is done before or between transactions.
 *
 * @throws HeadgateError RATE_LIMITED when the project has too many under way, UNAVAILABLE when this instance has
 */
export async function useUpstream<T>(
  {
    upstreamPlaces: { taken },
    callerGone,
    timeOver = timeForUpstreams(),
  }: Pick<Context, 'upstreamPlaces' | 'callerGone' | 'timeOver'>,
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
  const limits = [timeOver(), ...(callerGone === undefined ? [] : [callerGone()])];
  try {
    return await work(AbortSignal.any(limits));
  } finally {
    const left = (taken.get(projectId) ?? 1) - 1;
    if (left === 0) taken.delete(projectId);
    else taken.set(projectId, left);
  }
}
