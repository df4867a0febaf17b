import type { Verdict } from '../benchmark.ts';
import { GROWTH_GOAL, MEMORY_GOAL_BYTES, UPKEEP_GOAL } from '../goals.ts';
import { goal, quantile, tableOf } from '../table.ts';
import type { Depth } from './depth.ts';
import type { Kind } from './kinds.ts';
import type { Sizes } from './sizes.ts';
import type { Disturbance } from './upkeep.ts';

const MB = 1_000_000;
/** A table with fewer rows says nothing about what a row takes up. */
const MIN_ROWS = 1_000;

/** How long one kind of request took in each service. */
export interface Growth {
  readonly kind: Kind;
  readonly durationsMs: readonly (readonly number[])[];
}

const p50 = (durationsMs: readonly number[] = []) => quantile(durationsMs, 0.5);
const p99 = (durationsMs: readonly number[] = []) => quantile(durationsMs, 0.99);
const count = (value: number) => value.toLocaleString('en');

/** How much longer it takes among more than among the fewest: the slowest hundredth of reads, the middle of writes. */
function ratioOf({ kind, durationsMs: [first, ...others] }: Growth): number {
  const held = kind.isWrite === true ? p50 : p99;
  return Math.max(...others.map((durations) => held(durations) / held(first)));
}

/** Whether it meets its goal. What counts all there is has none. */
export function isSteady(growth: Growth): boolean {
  return growth.kind.isCount === true || ratioOf(growth) <= GROWTH_GOAL;
}

/** What each kind of request costs in each service. */
export function reportGrowth(sizes: readonly number[], results: readonly Growth[]): Verdict {
  const isKept = results.every(isSteady);
  const rows = results.map((growth) => {
    const { kind, durationsMs } = growth;
    return [
      kind.name,
      ...durationsMs.flatMap((durations) => [p50(durations).toFixed(2), p99(durations).toFixed(2)]),
      ...[ratioOf(growth).toFixed(2), kind.isWrite === true ? 'of p50' : 'of p99'],
      kind.isCount === true ? 'not held' : isSteady(growth) ? '' : 'MISSED',
    ];
  });
  const heads = sizes.flatMap((size) => [`${count(size)} p50`, 'p99']);
  return {
    text: [
      `among so many databases, in ms ${goal(`ratio at most ${GROWTH_GOAL}`, isKept)}`,
      tableOf(['', ...heads, 'ratio', '', ''], rows),
    ].join('\n'),
    isKept,
  };
}

/** What a page costs at the top of each list, in its middle and at its end. */
export function reportDepth(results: readonly Depth[]): Verdict {
  const ratios = results.map(({ durationsMs: [first, ...others] }) =>
    Math.max(...others.map((durations) => p50(durations) / p50(first))),
  );
  const isKept = ratios.every((ratio) => ratio <= GROWTH_GOAL);
  const rows = results.map(({ list, items, durationsMs }, index) => [
    ...[list, count(items)],
    ...durationsMs.map((durations) => p50(durations).toFixed(2)),
    (ratios[index] ?? 0).toFixed(2),
  ]);
  return {
    text: [
      `a page of a list by its position, p50 in ms ${goal(`ratio at most ${GROWTH_GOAL}`, isKept)}`,
      tableOf(['', 'items', 'first', 'middle', 'last', 'ratio'], rows),
    ].join('\n'),
    isKept,
  };
}

/** What a row of each table takes up with its indexes, and a service in memory. */
export function reportSizes(sizes: readonly number[], results: readonly Sizes[]): Verdict {
  const largest = results.at(-1)?.tables.toSorted((a, b) => b.tableBytes - a.tableBytes) ?? [];
  const of = (table: string) => results.map(({ tables }) => tables.find((one) => one.table === table));
  const perRow = (bytes: number | undefined, rows: number | undefined) =>
    rows === undefined || rows === 0 ? '' : ((bytes ?? 0) / rows).toFixed(0);
  const rows = largest
    .filter(({ rows: known }) => known >= MIN_ROWS)
    .flatMap(({ table, tableBytes, indexBytes, rows: known }) => [
      [
        ...[table, count(known), (tableBytes / MB).toFixed(1)],
        ...of(table).map((one) => perRow(one?.tableBytes, one?.rows)),
      ],
      [
        ...['  indexes', '', (indexBytes / MB).toFixed(1)],
        ...of(table).map((one) => perRow(one?.indexBytes, one?.rows)),
      ],
    ]);
  const peaks = results.map(({ peakMemoryBytes }) => peakMemoryBytes);
  const isKept = peaks.every((bytes) => bytes < MEMORY_GOAL_BYTES);
  const heads = sizes.map(count);
  return {
    text: [
      'room on the disk, and bytes a row',
      tableOf(['', 'rows', 'MB', ...heads], rows),
      '',
      `peak memory ${peaks.map((bytes) => (bytes / MB).toFixed(0)).join(', ')} MB ${goal(`under ${MEMORY_GOAL_BYTES / MB}`, isKept)}`,
    ].join('\n'),
    isKept,
  };
}

/** What the traffic has felt of the service's own work. */
export function reportUpkeep(results: readonly Disturbance[]): Verdict {
  const ratios = results.map(({ beforeMs, besideMs }) => p99(besideMs) / p99(beforeMs));
  const isKept = ratios.every((ratio) => ratio <= UPKEEP_GOAL);
  const rows = results.map(({ job, items, tookMs, longestMs, beforeMs, besideMs }, index) => [
    ...[job, count(items), (tookMs / 1000).toFixed(1), longestMs?.toFixed(0) ?? ''],
    ...[beforeMs, besideMs].flatMap((durations) => [p50(durations).toFixed(2), p99(durations).toFixed(2)]),
    (ratios[index] ?? 0).toFixed(2),
  ]);
  const heads = ['done', 's', 'longest ms', 'before p50', 'p99', 'beside p50', 'p99', 'ratio'];
  return {
    text: [
      `requests beside the service's own work, in ms ${goal(`p99 at most ${UPKEEP_GOAL} times as long`, isKept)}`,
      tableOf(['', ...heads], rows),
    ].join('\n'),
    isKept,
  };
}
