import { expect, test } from 'vitest';
import { recommend } from '../src/cache-rules/recommend.ts';

test.each([
  ['poor', { call_count: 0, avg_latency_ms: 0, stability_rate: 0 }],
  ['poor', { call_count: 1_000_000, avg_latency_ms: 500, stability_rate: 0.49 }],
  ['poor', { call_count: 1, avg_latency_ms: 500, stability_rate: 1 }],
  ['fair', { call_count: 2, avg_latency_ms: 0.1, stability_rate: 0.5 }],
  ['fair', { call_count: 9, avg_latency_ms: 500, stability_rate: 1 }],
  ['good', { call_count: 10, avg_latency_ms: 0.1, stability_rate: 0.8 }],
  ['good', { call_count: 99, avg_latency_ms: 500, stability_rate: 1 }],
  ['good', { call_count: 100, avg_latency_ms: 4.9, stability_rate: 1 }],
  ['great', { call_count: 100, avg_latency_ms: 5, stability_rate: 0.95 }],
])('%s is what is recommended of %j', (word, seen) => {
  expect(recommend(seen)).toBe(word);
});
