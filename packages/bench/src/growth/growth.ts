/** What requests cost among a thousand, ten thousand and a hundred thousand databases, and what all of it takes up. */
import type { Bench, Benchmark, Verdict } from '../benchmark.ts';
import { onStage, type Stage } from '../stage.ts';
import { askInTurn } from './ask.ts';
import { measureDepth } from './depth.ts';
import { kindsOfRequests, type Kind } from './kinds.ts';
import { isSteady, reportDepth, reportGrowth, reportSizes, reportUpkeep, type Growth } from './report.ts';
import { startFilled, type Filled } from './service.ts';
import { measureSizes } from './sizes.ts';
import { measureUpkeep } from './upkeep.ts';

/** The first is what the others are compared with. */
const SIZES = [1_000, 10_000, 100_000];
const READS_PER_SECOND = 500;
const WRITES_PER_SECOND = 150;
const WARM_UP_SHARE = 0.1;
const DEPTH_SHARE = 0.3;
/** A hiccup of the machine is not there the next time; what grows is. */
const MAX_ROUNDS = 3;

export const growth: Benchmark = {
  name: 'growth',
  run: async (bench) => await onStage(async (stage) => await growOn(stage, bench)),
};

async function growOn(stage: Stage, { load: { seconds }, say }: Bench): Promise<Verdict> {
  const services: Filled[] = [];
  for (const size of SIZES) {
    services.push(await startFilled(stage, size));
    say(`growth   a service is filled with ${size.toLocaleString('en')} databases`);
  }
  const results: Growth[] = [];
  for (const kind of kindsOfRequests()) {
    results.push(await measureKind(kind, services, seconds));
  }
  say('growth   all kinds of requests are measured');
  const largest = services.at(-1);
  if (largest === undefined) throw new Error('there is no service');
  const verdicts = [
    reportGrowth(SIZES, results),
    reportDepth(await measureDepth(largest, Math.ceil(seconds * READS_PER_SECOND * DEPTH_SHARE))),
    reportSizes(SIZES, await measureSizes(services)),
    reportUpkeep(await measureUpkeep(largest, say)),
  ];
  return {
    text: verdicts.map(({ text }) => text).join('\n\n'),
    isKept: verdicts.every(({ isKept }) => isKept),
  };
}

/** Asks all services for this in turn; for reads that seem to take longer among more, once more and then again. */
async function measureKind(kind: Kind, services: readonly Filled[], seconds: number): Promise<Growth> {
  const lines = services.map((service) => kind.line(service));
  // Writes follow on all of the reads and need no warm-up; and what is made is deleted by as many.
  if (kind.isWrite === true)
    return { kind, durationsMs: await askInTurn(lines, Math.ceil(seconds * WRITES_PER_SECOND)) };
  const count = Math.ceil(seconds * READS_PER_SECOND);
  await askInTurn(lines, Math.ceil(count * WARM_UP_SHARE));
  let growth: Growth = { kind, durationsMs: await askInTurn(lines, count) };
  for (let round = 2; round <= MAX_ROUNDS && !isSteady(growth); round += 1) {
    const more = await askInTurn(lines, count);
    const durationsMs = growth.durationsMs.map((durations, index) => [...durations, ...(more[index] ?? [])]);
    growth = { kind, durationsMs };
  }
  return growth;
}
