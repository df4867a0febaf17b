/**
 * Headgate beside the barest program that does the same, in turn and on the same PostgreSQL. What counts are the ratios:
 * machines differ, and a machine differs from one minute to the next.
 */
import type { Bench, Benchmark, Verdict } from './benchmark.ts';
import { MEMORY_GOAL_BYTES, READ_GOAL, WRITE_GOAL } from './goals.ts';
import { measure, type Measurement } from './load.ts';
import { readRequests, writeRequests } from './requests.ts';
import { seed } from './seed.ts';
import { startBareServer, startHeadgate } from './servers.ts';
import { onStage, type Stage } from './stage.ts';
import { goal, median, tableOf } from './table.ts';

const WARM_UP_SECONDS = 2;
const MB = 1_000_000;

interface Round extends Measurement {
  readonly name: string;
}

interface Peaks {
  readonly headgateBytes: number;
  readonly bareBytes: number;
}

export const compare: Benchmark = {
  name: 'compare',
  run: async (bench) => await onStage(async (stage) => await compareOn(stage, bench)),
};

async function compareOn({ postgres, issuer, keep }: Stage, bench: Bench): Promise<Verdict> {
  const headgate = keep(await startHeadgate(postgres.url(), issuer));
  const tenants = await seed(postgres.url(), issuer);
  const bare = keep(await startBareServer(postgres.url()));
  const targets = [
    { name: 'bare read', server: bare, requests: readRequests(tenants) },
    { name: 'Headgate read', server: headgate, requests: readRequests(tenants) },
    { name: 'bare write', server: bare, requests: writeRequests(tenants) },
    { name: 'Headgate write', server: headgate, requests: writeRequests(tenants) },
  ] as const;
  for (const { server, requests } of targets)
    await measure(server.url, requests, { ...bench.load, seconds: WARM_UP_SECONDS });
  const rounds: Round[] = [];
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const { name, server, requests } of targets) {
      const result = await measure(server.url, requests, bench.load);
      rounds.push({ name, ...result });
      bench.say(
        `round ${round}  ${name.padEnd(15)} ${result.requestsPerSecond.toFixed(0).padStart(6)} requests/s`,
      );
    }
  }
  return reportRounds(rounds, {
    headgateBytes: await headgate.peakMemoryBytes(),
    bareBytes: await bare.peakMemoryBytes(),
  });
}

/** The medians over all rounds, the median of the rounds' ratios, and whether each goal is met. */
export function reportRounds(rounds: readonly Round[], { headgateBytes, bareBytes }: Peaks): Verdict {
  const of = (name: string) => rounds.filter((round) => round.name === name);
  // Of rounds side by side: a machine that slows down for a while slows both down.
  const ratio = (kind: string) => {
    const bare = of(`bare ${kind}`);
    return median(
      of(`Headgate ${kind}`).map(
        ({ requestsPerSecond }, round) => requestsPerSecond / (bare[round]?.requestsPerSecond ?? Infinity),
      ),
    );
  };
  const rows = [...new Set(rounds.map(({ name }) => name))].map((name) => [
    name,
    median(of(name).map(({ requestsPerSecond }) => requestsPerSecond)).toFixed(0),
    median(of(name).map(({ p50Ms }) => p50Ms)).toFixed(1),
    median(of(name).map(({ p99Ms }) => p99Ms)).toFixed(1),
    ((name.startsWith('bare') ? bareBytes : headgateBytes) / MB).toFixed(0),
  ]);
  const [read, write] = [ratio('read'), ratio('write')];
  const isSmall = headgateBytes < MEMORY_GOAL_BYTES;
  return {
    text: [
      tableOf(['', 'requests/s', 'p50 ms', 'p99 ms', 'peak MB'], rows),
      '',
      `read  ${read.toFixed(2)} of bare ${goal(String(READ_GOAL), read >= READ_GOAL)}`,
      `write ${write.toFixed(2)} of bare ${goal(String(WRITE_GOAL), write >= WRITE_GOAL)}`,
      `peak memory ${(headgateBytes / MB).toFixed(0)} MB ${goal(`under ${MEMORY_GOAL_BYTES / MB}`, isSmall)}`,
    ].join('\n'),
    isKept: read >= READ_GOAL && write >= WRITE_GOAL && isSmall,
  };
}
