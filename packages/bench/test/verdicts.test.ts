import { describe, expect, it } from 'vitest';
import { reportRounds } from '../src/compare.ts';
import { reportDepth, reportGrowth, reportSizes, reportUpkeep } from '../src/growth/report.ts';

const round = (name: string, requestsPerSecond: number) => ({
  ...{ name, requestsPerSecond },
  ...{ requests: 1, p50Ms: 1, p99Ms: 1 },
});
const rounds = (read: number, write: number) => [
  ...[round('bare read', 1000), round('Headgate read', read)],
  ...[round('bare write', 1000), round('Headgate write', write)],
];
const SMALL = { headgateBytes: 1e8, bareBytes: 1e8 };

describe('the comparison with the bare program', () => {
  it('is won with six tenths of its reads and writes, in less than 200 MB', () => {
    expect(reportRounds(rounds(601, 601), SMALL).isKept).toBe(true);
  });

  it.each([
    ['reads', rounds(599, 900), SMALL],
    ['writes', rounds(900, 599), SMALL],
    ['memory', rounds(900, 900), { ...SMALL, headgateBytes: 2e8 }],
  ])('is lost by too little or too much of one thing: %s', (_, measured, peaks) => {
    const { isKept, text } = reportRounds(measured, peaks);
    expect(isKept).toBe(false);
    expect(text.match(/MISSED/g)).toHaveLength(1);
  });
});

const line = () => ({ url: '', next: () => ({ method: 'GET' as const, path: '', credential: '' }) });
/** A hundred requests, of which the slowest two took so long. */
const durations = (slowestMs: number, mostMs = 1) => [
  ...Array.from({ length: 98 }, () => mostMs),
  slowestMs,
  slowestMs,
];

describe('growth', () => {
  const growth = (slowestMs: number, kind = {}) => ({
    kind: { name: 'a request', line, ...kind },
    durationsMs: [durations(10), durations(10), durations(slowestMs)],
  });
  const verdict = (slowestMs: number, kind = {}) => reportGrowth([1, 2, 3], [growth(slowestMs, kind)]);

  it('is a slowest hundredth of reads that takes over 1.3 times as long among more', () => {
    expect(verdict(12.9).isKept).toBe(true);
    expect(verdict(13.1).isKept).toBe(false);
  });

  it('is told by the middle of writes, and not at all by what counts all there is', () => {
    expect(verdict(100, { isWrite: true }).isKept).toBe(true);
    expect(verdict(100, { isCount: true }).isKept).toBe(true);
    const slower = {
      kind: { name: 'a write', line, isWrite: true },
      durationsMs: [durations(1), durations(2, 2)],
    };
    expect(reportGrowth([1, 2], [slower]).isKept).toBe(false);
  });

  it('is a page that takes over 1.3 times as long deep in a list', () => {
    const at = (middleMs: number, lastMs: number) =>
      reportDepth([{ list: 'a list', items: 3, durationsMs: [[1], [middleMs], [lastMs]] }]).isKept;
    expect([at(1.2, 1.2), at(1.4, 1), at(1, 1.4)]).toEqual([true, false, false]);
  });

  it('is memory over 200 MB', () => {
    const of = (peakMemoryBytes: number) => reportSizes([1], [{ tables: [], peakMemoryBytes }]).isKept;
    expect([of(1.9e8), of(2e8)]).toEqual([true, false]);
  });
});

describe('upkeep', () => {
  it('is felt when requests beside it take over twice as long', () => {
    const felt = (ms: number) =>
      reportUpkeep([{ job: 'a job', items: 1, tookMs: 1, beforeMs: durations(10), besideMs: durations(ms) }]);
    expect([felt(19).isKept, felt(21).isKept]).toEqual([true, false]);
  });

  it('is not taken for unfelt when nothing was asked beside it', () => {
    const unasked = { job: 'a job', items: 1, tookMs: 1, beforeMs: [], besideMs: [] };
    expect(reportUpkeep([unasked]).isKept).toBe(false);
  });
});
