import autocannon, { type Request } from 'autocannon';

/** How hard a server is asked, and for how long. */
export interface Load {
  readonly seconds: number;
  readonly connections: number;
}

/** What a server did under load: how much, and how long the middle and the slowest hundredth of callers waited. */
export interface Measurement {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Sends these requests, in turn, over so many connections for so many seconds.
 *
 * @throws Error when any answer is not a success: figures of refusals would be worth nothing
 */
export async function measure(
  url: string,
  requests: Request[],
  { seconds, connections }: Load,
): Promise<Measurement> {
  const result = await autocannon({ url, requests, connections, duration: seconds });
  const failures = result.non2xx + result.errors + result.timeouts;
  if (failures > 0) throw new Error(`${failures} of ${result.requests.total} requests to ${url} failed`);
  return {
    requestsPerSecond: result.requests.total / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}
