/**
 * What durations are sorted into, in seconds: a read takes a few milliseconds, and nothing that is answered takes longer
 * than the time that a request may.
 */
export const DURATION_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20,
];
