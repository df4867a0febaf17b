import { createChance } from '../chance.ts';
import type { Proof } from '../part.ts';
import type { StreamPlan, StreamReport } from './load/stream.ts';
import { runLoad } from './load/run-load.ts';
import { processCpuUs } from '../../process-figures.ts';
import { faultsIn, tell, type FloodStand } from './stand.ts';
import { mixedRequests } from './traffic.ts';

/** How much is asked, as a multiple of what one instance can serve. */
const MOST = 4;
const FACTORS = [0.5, 1, 2, MOST] as const;
/** As many as keep an instance busy: more of them wait longer and get no more done. */
const CALLERS = 32;
const CONNECTIONS = 2_000;
/** Of the time of this part: the rest goes to the steps in equal shares. */
const WARM_UP_SHARE = 0.1;
const CAPACITY_SHARE = 0.18;

const MIN_GOODPUT_SHARE = 0.8;
const MAX_ACCEPTED_P99_MS = 1_000;
const MAX_HEALTH_MS = 100;
/** Far above what an instance holds when little is asked, far below what a small machine has. */
const MAX_MEMORY_BYTES = 512 * 1024 * 1024;
const MIB = 1024 * 1024;

interface Step {
  readonly traffic: StreamReport;
  readonly health: readonly StreamReport[];
  readonly cpuUs: number;
}

/** Asks more and more of one instance, up to four times what it can serve, by a schedule that waits for nobody. */
export async function proveOverload(proof: Proof, flooded: FloodStand, budgetMs: number): Promise<void> {
  const { instance, settled } = flooded;
  const chance = createChance(proof.seed);
  const requests = async () => await mixedRequests(settled, { chance, evidence: proof.evidence });
  const serve = async (durationMs: number) =>
    await runLoad({
      ...{ durationMs, seed: proof.seed },
      streams: [
        {
          ...{ name: 'capacity', origin: instance.url, requests: await requests() },
          ...{ pace: { callers: CALLERS }, connections: CALLERS },
        },
      ],
    });
  await serve(budgetMs * WARM_UP_SHARE);
  const [capacity] = await serve(budgetMs * CAPACITY_SHARE);
  if (capacity === undefined) throw new Error('there is no report of the capacity');
  proof.say(`one instance serves ${perSecond(capacity.goodput)} requests, p99 ${ms(capacity.accepted.p99)}`);
  const steps: Step[] = [];
  const stepMs = (budgetMs * (1 - WARM_UP_SHARE - CAPACITY_SHARE)) / (FACTORS.length + 1);
  const take = async (plan: { readonly factor: number; readonly elsewhere?: number }): Promise<Step> => {
    const step = await takeStep(proof, flooded, {
      ...{ ...plan, durationMs: stepMs, requests: await requests(), capacity: capacity.goodput },
    });
    sayStep(proof, step);
    return step;
  };
  for (const factor of FACTORS) steps.push(await take({ factor }));
  // As much is sent as in the last step, and the instance is asked for what it can serve.
  const beside = await take({ factor: 1, elsewhere: MOST - 1 });
  holdPromises(proof, { steps, beside }, faultsIn(proof, [capacity, ...[...steps, beside].flatMap(allOf)]));
  const { peakBytes } = await instance.memory();
  proof.hold({
    promise: 'memory stays bounded under four times the load',
    wanted: `under ${mib(MAX_MEMORY_BYTES)}`,
    measured: mib(peakBytes),
    isKept: peakBytes < MAX_MEMORY_BYTES,
  });
}

interface StepOptions {
  readonly factor: number;
  /** How much is asked of the control meanwhile, as a multiple too. */
  readonly elsewhere?: number;
  /** What the instance serves, a second. */
  readonly capacity: number;
  readonly durationMs: number;
  readonly requests: readonly string[];
}

async function takeStep(
  { seed }: Proof,
  { instance, health, controlOrigin }: FloodStand,
  { factor, elsewhere = 0, capacity, durationMs, requests }: StepOptions,
): Promise<Step> {
  const before = await processCpuUs(instance.pid);
  const stream = (name: string, origin: string, times: number): StreamPlan => ({
    ...{ name, origin, requests, pace: { perSecond: capacity * times }, connections: CONNECTIONS },
  });
  const name = elsewhere === 0 ? `${factor}×` : `${factor}×, and ${elsewhere}× of the control`;
  // Health is asked for in a process of its own: it is not to wait for the load generator.
  const [[traffic], asked] = await Promise.all([
    runLoad({
      streams: [
        stream(name, instance.url, factor),
        ...(elsewhere === 0 ? [] : [stream('elsewhere', controlOrigin, elsewhere)]),
      ],
      ...{ durationMs, seed },
    }),
    runLoad({ streams: health, durationMs, seed }),
  ]);
  if (traffic === undefined) throw new Error('there is no report of the load');
  return { traffic, health: asked, cpuUs: (await processCpuUs(instance.pid)).all - before.all };
}

function sayStep(proof: Proof, { traffic, health, cpuUs }: Step): void {
  const { goodput, accepted, refused, lateness } = traffic;
  const answers = accepted.count + refused.count;
  proof.say(
    [
      `${traffic.name}: ${perSecond(goodput)} good of ${perSecond(traffic.sent / traffic.seconds)} sent (${ms(lateness.p99)} late)`,
      `accepted p50 ${ms(accepted.p50)}, p99 ${ms(accepted.p99)}; refused ${refused.count}, p50 ${ms(refused.p50)}`,
      `${Math.round(cpuUs / Math.max(answers, 1))} µs of processor an answer`,
      ...health.map((each) => `${each.name} p99 ${ms(each.accepted.p99)}, max ${ms(each.accepted.max)}`),
    ].join('; '),
  );
}

interface Steps {
  readonly steps: readonly Step[];
  readonly beside: Step;
}

function holdPromises(proof: Proof, { steps, beside }: Steps, faults: readonly string[]): void {
  const peak = Math.max(...steps.map(({ traffic }) => traffic.goodput));
  const { goodput = 0, refused } = steps.at(-1)?.traffic ?? {};
  const hold = (of: string, best: number) =>
    proof.hold({
      promise: `goodput at four times the capacity, of ${of}`,
      wanted: `at least ${percent(MIN_GOODPUT_SHARE)}`,
      measured: `${percent(goodput / best)} of ${perSecond(best)}, ${refused?.count ?? 0} refused`,
      isKept: goodput / best >= MIN_GOODPUT_SHARE && (refused?.count ?? 0) > 0,
      isTimed: true,
    });
  hold('its peak', peak);
  // Who sends four times as much takes that much more of the processors, which the instance has to itself in service.
  hold('what it serves while a bare server answers the rest', beside.traffic.goodput);
  const p99 = Math.max(...steps.map(({ traffic }) => traffic.accepted.p99));
  proof.hold({
    promise: 'p99 of accepted requests, from when they were due',
    wanted: `under ${ms(MAX_ACCEPTED_P99_MS)}`,
    measured: ms(p99),
    isKept: p99 < MAX_ACCEPTED_P99_MS,
    isTimed: true,
  });
  proof.hold({
    promise: 'every answer is the right one, or 429 or 503 with Retry-After and an envelope',
    ...{ wanted: 'no other', measured: tell(faults), isKept: faults.length === 0 },
  });
  holdHealth(
    proof,
    'overload',
    steps.flatMap(({ health }) => health),
  );
}

/** Holds how health was answered, beside how a server with nothing else to do answered at the same times. */
export function holdHealth(proof: Proof, when: string, reports: readonly StreamReport[]): void {
  const worst = (name: string) =>
    Math.max(0, ...reports.filter((report) => report.name === name).map(({ accepted }) => accepted.p99));
  const [live, ready, control] = [worst('/livez'), worst('/readyz'), worst('the control')];
  proof.hold({
    promise: `p99 of health in ${when}`,
    wanted: `under ${ms(MAX_HEALTH_MS)}`,
    measured: `/livez ${ms(live)}, /readyz ${ms(ready)}; the control ${ms(control)}`,
    isKept: Math.max(live, ready) < MAX_HEALTH_MS,
    isTimed: true,
  });
  const unhealthy = reports.reduce((sum, { sent, accepted }) => sum + sent - accepted.count, 0);
  proof.hold({
    promise: `health is good throughout ${when}`,
    ...{ wanted: 'every answer', measured: `${unhealthy} not`, isKept: unhealthy === 0 },
  });
}

const allOf = ({ traffic, health }: Step) => [traffic, ...health];
export const ms = (value: number) => `${Math.round(value)} ms`;
export const mib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;
export const percent = (share: number) => `${(share * 100).toFixed(share > 0.98 && share < 1 ? 1 : 0)} %`;
const perSecond = (value: number) => `${Math.round(value)}/s`;
