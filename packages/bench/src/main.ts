/** `pnpm bench`: how fast Headgate is, what it grows by, and where its time goes. */
import { parseArgs } from 'node:util';
import type { Benchmark } from './benchmark.ts';
import { compare } from './compare.ts';
import { growth } from './growth/growth.ts';
import { introspection } from './introspection.ts';
import { shares } from './shares/shares.ts';
import { start } from './warm-start.ts';

const BENCHMARKS: readonly Benchmark[] = [start, compare, shares, growth, introspection];

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '7' },
    connections: { type: 'string', default: '32' },
    /** Names of benchmarks, by commas. */
    only: { type: 'string' },
  },
});

const missed: string[] = [];
for (const benchmark of chosen(values.only)) {
  const { text, isKept } = await benchmark.run({
    load: { seconds: Number(values.seconds), connections: Number(values.connections) },
    rounds: Number(values.rounds),
    say: (said) => console.log(said),
  });
  console.log(`\n${text}\n`);
  if (!isKept) missed.push(benchmark.name);
}
console.log(missed.length === 0 ? 'Every goal is met.' : `A goal is missed: ${missed.join(', ')}.`);
process.exitCode = missed.length === 0 ? 0 : 1;

function chosen(only: string | undefined): readonly Benchmark[] {
  if (only === undefined) return BENCHMARKS;
  const names = only.split(',');
  const unknown = names.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    const known = BENCHMARKS.map(({ name }) => name).join(', ');
    throw new Error(`--only names ${unknown.join(', ')}; there are ${known}`);
  }
  return BENCHMARKS.filter(({ name }) => names.includes(name));
}
