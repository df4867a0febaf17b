/** Short enough for a restarted server to be found again at once. */
const FIRST_SECONDS = 0.02;
/** As long as a server that is gone for long lets one wait after it has come back; the driver's own pauses grow to 20 s. */
const MAX_SECONDS = 0.5;

/** How long to wait, in seconds, before a connection is made again, after so many attempts of the pool that failed. */
export function reconnectSeconds(attempts: number): number {
  return Math.min(FIRST_SECONDS * 2 ** attempts, MAX_SECONDS);
}
