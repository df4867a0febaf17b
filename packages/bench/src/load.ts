import autocannon, { type Client, type Request } from 'autocannon';

/** How hard a server is asked, and for how long. */
export interface Load {
  readonly seconds: number;
  readonly connections: number;
}

/** What a server did under load: how much, and how long the middle and the slowest hundredth of callers waited. */
export interface Measurement {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Sends these requests, in turn, over so many connections for so many seconds. Each connection begins elsewhere: in step,
 * all of them would ask for one tenant's at a time, as tenants do not.
 *
 * @throws Error when any answer is not a success: figures of refusals would be worth nothing
 */
export async function measure(
  url: string,
  requests: Request[],
  { seconds, connections }: Load,
): Promise<Measurement> {
  let connection = 0;
  const setupClient = (client: Client) => {
    const begin = Math.floor((connection++ * requests.length) / connections) % requests.length;
    client.setRequests([...requests.slice(begin), ...requests.slice(0, begin)]);
  };
  const result = await autocannon({ url, requests, connections, setupClient, duration: seconds });
  const { non2xx, errors, timeouts } = result;
  if (non2xx + errors + timeouts > 0) {
    const failures = `${non2xx} were refused, ${errors} failed, ${timeouts} timed out`;
    throw new Error(`of ${result.requests.total} requests to ${url}, ${failures}`);
  }
  return {
    requests: result.requests.total,
    requestsPerSecond: result.requests.total / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}
