/** How long one request may be busy with customers' servers, whatever it does there. Its answer comes before 15 s. */
const TIMEOUT_MS = 14_000;

/** The time of one request, which begins when it is first asked for and ends by aborting the signal. */
export function timeForUpstreams(): () => AbortSignal {
  let signal: AbortSignal | undefined;
  return () => (signal ??= AbortSignal.timeout(TIMEOUT_MS));
}
