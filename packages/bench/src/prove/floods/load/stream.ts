/** One stream of requests: sent by a schedule that waits for nobody, or by callers who each wait for their answers. */
import { setTimeout } from 'node:timers/promises';
import { createChance } from '../../chance.ts';
import type { Answer } from './answers.ts';
import { openConnections, type Connections, type Outcome } from './connections.ts';
import { faultOf } from './judge.ts';
import { percentilesOf, type Percentiles } from './percentiles.ts';

/** What a stream sends, and to whom. */
export interface StreamPlan {
  readonly name: string;
  /** Such as `http://127.0.0.1:8787`. */
  readonly origin: string;
  /** Whole requests, sent in turn. `{n}` in one becomes a number that no other request of the stream has. */
  readonly requests: readonly string[];
  /**
   * A rate is an open loop: arrivals come at random, so many a second, and wait for nobody. A number of callers is a
   * closed loop: each sends its next request when it has the answer to the one before.
   */
  readonly pace: { readonly perSecond: number } | { readonly callers: number };
  readonly connections: number;
  readonly localAddress?: string;
  /** The failures that the requests deserve, beside those of overload. */
  readonly allowed?: readonly number[];
  /** An answer that comes later, counted from when its request was due, is worth nothing. Unless told, a second. */
  readonly goodWithinMs?: number;
}

/** What became of a stream. Times are in milliseconds from when a request was due until its answer was there. */
export interface StreamReport {
  readonly name: string;
  readonly seconds: number;
  readonly sent: number;
  /** By status, or `closed`, `nonsense`, `unanswered`. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Successes in time, a second. */
  readonly goodput: number;
  readonly good: number;
  readonly accepted: Percentiles;
  readonly refused: Percentiles;
  /** How late requests were sent: by what the load generator itself lacks. */
  readonly lateness: Percentiles;
  /** What was wrong with answers, and how often. */
  readonly faults: Readonly<Record<string, number>>;
  /** Bodies of refusals: one of each shape, and every hundredth. */
  readonly refusals: readonly string[];
}

const GOOD_WITHIN_MS = 1_000;
/** How long answers are waited for after the last request. */
const PATIENCE_MS = 10_000;
const TICK_MS = 1;
const REFUSAL_SAMPLE = 100;
/** Bodies may quote what was asked: not every shape of them is kept. */
const MAX_REFUSALS = 1_000;

/** Runs a stream for so long, and reports when all is answered or given up on. */
export async function runStream(plan: StreamPlan, durationMs: number, seed: number): Promise<StreamReport> {
  const { hostname, port } = new URL(plan.origin);
  const connections = openConnections({
    ...{ host: hostname, port: Number(port), max: plan.connections },
    localAddress: plan.localAddress,
  });
  const tally = createTally(plan);
  const startedAt = performance.now();
  const until = startedAt + durationMs;
  const send = createSender(plan, connections, tally);
  if ('perSecond' in plan.pace) await arrive(plan.pace.perSecond, { startedAt, until, seed }, send);
  else await callInTurn(plan.pace.callers, until, send);
  const seconds = (performance.now() - startedAt) / 1000;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  while (tally.underWay() > 0 && !patience.aborted) await setTimeout(10);
  connections.close();
  return tally.report(seconds);
}

type Send = (dueAt: number) => Promise<void>;

function createSender({ requests }: StreamPlan, connections: Connections, tally: Tally): Send {
  let count = 0;
  return async (dueAt) =>
    await new Promise<void>((resolve) => {
      const n = (count += 1);
      const request = requests[n % requests.length] ?? '';
      tally.sent(performance.now() - dueAt);
      connections.send(request.replace('{n}', String(n)), (outcome) => {
        tally.ended(outcome, performance.now() - dueAt);
        resolve();
      });
    });
}

/** Arrivals as of many callers who know nothing of each other: the gaps between them are exponential (Poisson). */
async function arrive(
  perSecond: number,
  { startedAt, until, seed }: { startedAt: number; until: number; seed: number },
  send: Send,
): Promise<void> {
  const chance = createChance(seed);
  const gapMs = () => (-Math.log((chance.below(1_000_000) + 1) / 1_000_000) * 1000) / perSecond;
  let dueAt = startedAt + gapMs();
  while (dueAt < until) {
    const now = performance.now();
    for (; dueAt <= now && dueAt < until; dueAt += gapMs()) void send(dueAt);
    await setTimeout(TICK_MS);
  }
}

async function callInTurn(callers: number, until: number, send: Send): Promise<void> {
  const call = async () => {
    while (performance.now() < until) await send(performance.now());
  };
  await Promise.all(Array.from({ length: callers }, call));
}

interface Tally {
  readonly sent: (lateMs: number) => void;
  readonly ended: (outcome: Outcome, tookMs: number) => void;
  readonly underWay: () => number;
  readonly report: (seconds: number) => StreamReport;
}

function createTally({ name, allowed, goodWithinMs = GOOD_WITHIN_MS }: StreamPlan): Tally {
  const [outcomes, faults]: Record<string, number>[] = [{}, {}];
  const [accepted, refused, lateness]: number[][] = [[], [], []];
  const shapes = new Set<string>();
  const kept: string[] = [];
  const count = (counts: Record<string, number> = {}, key: string) => {
    counts[key] = (counts[key] ?? 0) + 1;
  };
  let [sent, ended, good, refusedSoFar] = [0, 0, 0, 0];
  const take = (answer: Answer, tookMs: number) => {
    const fault = faultOf(answer, allowed);
    if (fault !== undefined) count(faults, fault);
    if (answer.status < 400) {
      accepted?.push(tookMs);
      if (tookMs <= goodWithinMs) good += 1;
      return;
    }
    refused?.push(tookMs);
    refusedSoFar += 1;
    if (kept.length >= MAX_REFUSALS) return;
    const shape = answer.body.replace(/"request_id":"[^"]*"/, '');
    if (shapes.has(shape) && refusedSoFar % REFUSAL_SAMPLE > 0) return;
    shapes.add(shape);
    kept.push(answer.body);
  };
  return {
    sent: (lateMs) => {
      sent += 1;
      lateness?.push(lateMs);
    },
    ended: (outcome, tookMs) => {
      ended += 1;
      count(outcomes, typeof outcome === 'string' ? outcome : String(outcome.status));
      if (typeof outcome !== 'string') take(outcome, tookMs);
    },
    underWay: () => sent - ended,
    report: (seconds) => ({
      ...{ name, seconds, sent, good, goodput: good / seconds },
      ...{ outcomes: outcomes ?? {}, faults: faults ?? {} },
      accepted: percentilesOf(accepted ?? []),
      refused: percentilesOf(refused ?? []),
      lateness: percentilesOf(lateness ?? []),
      refusals: kept,
    }),
  };
}
