import type { Growth } from './growth.ts';
import type { Introspection } from './introspection.ts';
import type { Measurement } from './load.ts';

/** What Headgate keeps of the bare program's throughput, at least. */
const READ_GOAL = 0.4;
const WRITE_GOAL = 0.5;
const MEMORY_GOAL_BYTES = 200_000_000;
/** How much longer the slowest hundredth may take among a thousand times as many databases. */
const GROWTH_GOAL = 1.3;
const MB = 1_000_000;
/** From the start of the embedded mode until it is ready, when it has been started before. */
const WARM_START_GOAL_MS = 5_000;

/** A database of this size is introspected in less than this. */
const INTROSPECTION_GOAL_TABLES = 500;
const INTROSPECTION_GOAL_MS = 1_000;
/** However large a database is, others wait no longer than this for their turn. */
const DELAY_GOAL_MS = 50;

export interface Round extends Measurement {
  readonly name: string;
}

interface Peaks {
  readonly headgateBytes: number;
  readonly bareBytes: number;
}

/** The medians over all rounds, the median of the rounds' ratios, and whether each goal is met. */
export function report(
  rounds: readonly Round[],
  peaks: Peaks,
  warmStartMs: number,
): { text: string; isKept: boolean } {
  const names = [...new Set(rounds.map(({ name }) => name))];
  const summaries = new Map(
    names.map((name) => [name, summarize(rounds.filter((round) => round.name === name))]),
  );
  // Of rounds side by side: a machine that slows down for a while slows both down.
  const ratio = (kind: string) => {
    const throughput = (name: string) =>
      rounds.filter((round) => round.name === name).map(({ requestsPerSecond }) => requestsPerSecond);
    const bare = throughput(`bare ${kind}`);
    return median(
      throughput(`Headgate ${kind}`).map((headgate, round) => headgate / (bare[round] ?? Infinity)),
    );
  };
  const memory = (name: string) => (name.startsWith('bare') ? peaks.bareBytes : peaks.headgateBytes) / MB;
  const lines = names.map((name) => {
    const { requestsPerSecond, p50Ms, p99Ms } = summaries.get(name) ?? summarize([]);
    return line(name, [
      requestsPerSecond.toFixed(0),
      p50Ms.toFixed(1),
      p99Ms.toFixed(1),
      memory(name).toFixed(0),
    ]);
  });
  const read = ratio('read');
  const write = ratio('write');
  return {
    text: [
      line('', ['requests/s', 'p50 ms', 'p99 ms', 'peak MB']),
      ...lines,
      '',
      `read  ${read.toFixed(2)} of bare (goal ${READ_GOAL})`,
      `write ${write.toFixed(2)} of bare (goal ${WRITE_GOAL})`,
      `peak memory ${memory('Headgate').toFixed(0)} MB (goal under ${MEMORY_GOAL_BYTES / MB})`,
      `warm start ${(warmStartMs / 1000).toFixed(1)} s (goal under ${WARM_START_GOAL_MS / 1000})`,
    ].join('\n'),
    isKept:
      read >= READ_GOAL &&
      write >= WRITE_GOAL &&
      peaks.headgateBytes < MEMORY_GOAL_BYTES &&
      warmStartMs < WARM_START_GOAL_MS,
  };
}

/** What each kind of request costs among 100 databases and among 100,000. */
export function reportGrowth(results: readonly Growth[]): { text: string; isKept: boolean } {
  const ratios = results.map(({ smallP99Ms, largeP99Ms }) => largeP99Ms / smallP99Ms);
  const lines = results.map(({ kind, smallP99Ms, largeP99Ms }, index) =>
    wideLine(kind, [smallP99Ms.toFixed(2), largeP99Ms.toFixed(2), (ratios[index] ?? 0).toFixed(2)]),
  );
  return {
    text: [wideLine(`p99 ms (goal ${GROWTH_GOAL})`, ['100', '100,000', 'ratio']), ...lines].join('\n'),
    isKept: ratios.every((ratio) => ratio <= GROWTH_GOAL),
  };
}

/** How long a database of some size takes, and how long others wait for their turn at most. */
export function reportIntrospection(results: readonly Introspection[]): { text: string; isKept: boolean } {
  const lines = results.map(({ tables, durationMs, maxDelayMs, isWhole }) =>
    wideLine(`${tables} tables`, [
      durationMs.toFixed(0),
      maxDelayMs.toFixed(1),
      isWhole ? 'whole' : 'truncated',
    ]),
  );
  const heads = ['ms', 'delay ms', ''];
  const goals = `introspection (goals: ${INTROSPECTION_GOAL_MS} ms for ${INTROSPECTION_GOAL_TABLES} tables, delay ${DELAY_GOAL_MS} ms)`;
  return {
    text: [goals, wideLine('', heads), ...lines].join('\n'),
    isKept: results.every(
      ({ tables, durationMs, maxDelayMs, isWhole }) =>
        maxDelayMs < DELAY_GOAL_MS &&
        (tables > INTROSPECTION_GOAL_TABLES || (isWhole && durationMs < INTROSPECTION_GOAL_MS)),
    ),
  };
}

function wideLine(name: string, cells: readonly string[]): string {
  return name.padEnd(26) + cells.map((cell) => cell.padStart(10)).join('');
}

function line(name: string, cells: readonly string[]): string {
  return name.padEnd(16) + cells.map((cell) => cell.padStart(12)).join('');
}

function summarize(rounds: readonly Measurement[]): Measurement {
  return {
    requestsPerSecond: median(rounds.map((round) => round.requestsPerSecond)),
    p50Ms: median(rounds.map((round) => round.p50Ms)),
    p99Ms: median(rounds.map((round) => round.p99Ms)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
