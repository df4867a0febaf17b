/** A strict reader of Prometheus' text format, version 0.0.4 (Prometheus documentation, "Exposition formats"). */
import { expect } from 'vitest';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export type Metrics = ReadonlyMap<string, Family>;

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/gy;
const NUMBER = /^(?:[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?)|\+Inf|-Inf|NaN)$/;

/** Reads it, and holds it against everything that the format and the conventions ask for. */
export function readMetrics(text: string): Metrics {
  expect(text.endsWith('\n')).toBe(true);
  const families = new Map<string, Family & { samples: Sample[] }>();
  let current: { name: string; family: Family & { samples: Sample[] } } | undefined;
  let help: readonly [name: string, text: string] | undefined;
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, helped, words] = HELP.exec(line) ?? [];
    const [, typed, type] = TYPE.exec(line) ?? [];
    if (helped !== undefined && words !== undefined) help = [helped, words];
    else if (typed !== undefined && type !== undefined) {
      expect(help?.[0], line).toBe(typed);
      // All lines of a family stand together.
      expect(families.has(typed), line).toBe(false);
      current = { name: typed, family: { type, help: help?.[1] ?? '', samples: [] } };
      families.set(typed, current.family);
    } else {
      const sample = readSample(line);
      const suffixes = current?.family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      expect(
        suffixes.map((suffix) => `${current?.name}${suffix}`),
        line,
      ).toContain(sample.name);
      current?.family.samples.push(sample);
    }
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

function readSample(line: string): Sample {
  const [, name = '', labelled, number = ''] = SAMPLE.exec(line) ?? expect.fail(`no sample: ${line}`);
  expect(number, line).toMatch(NUMBER);
  const pairs = [...(labelled ?? '').matchAll(LABEL)];
  expect(pairs.map(([pair]) => pair).join(''), line).toBe(labelled ?? '');
  const labels = Object.fromEntries(pairs.map(([, label = '', value = '']) => [label, value]));
  expect(Object.keys(labels), line).toHaveLength(pairs.length);
  return { name, labels, value: number === '+Inf' ? Infinity : Number(number) };
}

function checkFamily(name: string, { type, samples }: Family): void {
  const series = samples.map(seriesOf);
  expect(new Set(series).size, name).toBe(series.length);
  if (type === 'counter') for (const { value } of samples) expect(value, name).toBeGreaterThanOrEqual(0);
  // What is ours keeps the conventions: totals are called so, and nothing else is.
  if (name.startsWith('headgate_')) expect(name.endsWith('_total'), name).toBe(type === 'counter');
  if (type === 'histogram') checkHistogram(name, samples);
}

/** Buckets hold what those before them hold, and the last one holds everything. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = Map.groupBy(samples, ({ labels: { le: _le, ...others } }) => JSON.stringify(others));
  for (const [of, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => (labels['le'] === '+Inf' ? Infinity : Number(labels['le'])));
    const counts = buckets.map(({ value }) => value);
    expect(bounds, of).toEqual(bounds.toSorted((a, b) => a - b));
    expect(counts, of).toEqual(counts.toSorted((a, b) => a - b));
    expect(bounds.at(-1), of).toBe(Infinity);
    const [count] = group.filter((sample) => sample.name === `${name}_count`);
    const [sum] = group.filter((sample) => sample.name === `${name}_sum`);
    expect(counts.at(-1), of).toBe(count?.value);
    expect(sum?.value, of).toBeGreaterThanOrEqual(0);
  }
}

function seriesOf({ name, labels }: Sample): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${pairs.toSorted().join(',')}}`;
}

/** The value of the series with these labels among its own; undefined when there is none. */
export function valueOf(
  metrics: Metrics,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = metrics.get(name) ?? metrics.get(name.replace(/_(bucket|sum|count)$/, ''));
  const found = family?.samples.filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  expect(found?.length ?? 0, `series of ${name}`).toBeLessThanOrEqual(1);
  return found?.[0]?.value;
}

/** The series of a family, as text. */
export function seriesIn(metrics: Metrics, name: string): string[] {
  return metrics.get(name)?.samples.map(seriesOf) ?? [];
}
