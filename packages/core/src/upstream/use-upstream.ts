import type { Context } from '../context.ts';
import { elsewhere } from '../elsewhere.ts';
import { HeadgateError } from '../errors.ts';
import { throwIfStopped, type Owned, type UpstreamUse } from './places.ts';
import { timeForUpstreams } from './time.ts';

type Bounds = Pick<
  Context,
  'upstreamPlaces' | 'callerGone' | 'timeOver' | 'untilAnswered' | 'whileElsewhere'
>;

/**
 * Does something with customers' servers for a project: a few at a time, for a bounded time, and no longer than the
 * caller is there for the answer and the service runs. Nothing of ours is held meanwhile: it is done before or between
 * transactions. What was introspected is in memory until the answer was sent, and so keeps its place.
 *
 * @throws HeadgateError RATE_LIMITED when the project or its organization has too many under way, UNAVAILABLE when this
 *   instance has, or stops meanwhile; whatever the work throws
 */
export async function useUpstream<T>(
  { upstreamPlaces, callerGone, timeOver = timeForUpstreams(), untilAnswered, whileElsewhere }: Bounds,
  of: Owned,
  work: (signal: AbortSignal) => Promise<T>,
  use: UpstreamUse = 'check',
): Promise<T> {
  const place = upstreamPlaces.take(of, use);
  const signal = AbortSignal.any([
    place.signal,
    timeOver(),
    ...(callerGone === undefined ? [] : [callerGone()]),
  ]);
  try {
    return await elsewhere(whileElsewhere, async () => await work(signal));
  } catch (error) {
    if (!(error instanceof HeadgateError)) throwIfStopped(signal);
    throw error;
  } finally {
    if (use === 'introspection' && untilAnswered !== undefined) void untilAnswered().then(place.release);
    else place.release();
  }
}
