import type { CacheRule, Recommendation } from '@headgate/schema';

type Seen = Pick<CacheRule, 'call_count' | 'avg_latency_ms' | 'stability_rate'>;

/** What is asked of a statement for each word, the most first; the words of the contract say the same. */
const STEPS: readonly { readonly word: Recommendation; readonly least: Seen }[] = [
  { word: 'great', least: { stability_rate: 0.95, call_count: 100, avg_latency_ms: 5 } },
  { word: 'good', least: { stability_rate: 0.8, call_count: 10, avg_latency_ms: 0 } },
  { word: 'fair', least: { stability_rate: 0.5, call_count: 2, avg_latency_ms: 0 } },
];

/**
 * What caching a statement would bring, from what was seen of it. An answer that changes is not worth keeping, however
 * often it is asked for, so its stability weighs most; then how often it is asked for; then how long it takes. Of a
 * statement that was not seen nothing can be promised.
 */
export function recommend(seen: Seen): Recommendation {
  const step = STEPS.find(
    ({ least }) =>
      seen.stability_rate >= least.stability_rate &&
      seen.call_count >= least.call_count &&
      seen.avg_latency_ms >= least.avg_latency_ms,
  );
  return step?.word ?? 'poor';
}
