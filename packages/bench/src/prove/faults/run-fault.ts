/** One fault, or several at once: inflicted, ended, recovered from, and held against the ledger. */
import { setTimeout } from 'node:timers/promises';
import type { Counts } from './attempts.ts';
import { holdRows, type Findings } from './checks/hold-rows.ts';
import { readRows } from './checks/rows.ts';
import { asSuperuser } from './checks/superuser.ts';
import type { Fault } from './fault.ts';
import type { Scene } from './scene.ts';

/** What came of a fault. */
export interface Outcome {
  readonly name: string;
  /** From its end until all kinds of requests were answered again; undefined when that took too long. */
  readonly recoveredMs: number | undefined;
  /** Whether they were not answered either when next to nothing else was asked. */
  readonly isStuck: boolean;
  readonly counts: Counts;
  /** What was not there, or twice, afterwards. */
  readonly findings: Findings;
}

/** Longer than wanted: it is to be told how long it takes, too. */
const PATIENCE_MS = { short: 12_000, long: 30_000 };

export async function runFaults(
  scene: Scene,
  faults: readonly Fault[],
  form: keyof Fault['lastsMs'],
): Promise<Outcome> {
  const { attempts, probes } = scene;
  attempts.begin(faults);
  const inflicted = [];
  for (const fault of faults) inflicted.push(await fault.inflict(scene));
  await setTimeout(Math.max(...faults.map(({ lastsMs }) => lastsMs[form])));
  for (const { end } of inflicted.toReversed()) await end();
  const recoveredMs = await probes.untilWell(PATIENCE_MS[form]);
  const isStuck = recoveredMs === undefined && !(await recoversInPeace(scene));
  for (const { after } of inflicted.toReversed()) await after?.();
  const counts = attempts.counts();
  const findings = await checkRows(scene);
  return { name: faults.map(({ name }) => name).join(' + '), recoveredMs, isStuck, counts, findings };
}

/** Between rounds of probes when nothing else is to be asked. */
const PEACE_MS = 2_000;

/** A machine that has too much to do by itself is slow, and not stuck. */
async function recoversInPeace({ traffic, probes }: Scene): Promise<boolean> {
  const resting = traffic.pause();
  const recoveredMs = await probes.untilWell(PATIENCE_MS.long, PEACE_MS);
  await resting;
  traffic.resume();
  return recoveredMs !== undefined;
}

/** Holds the tables against the ledger while nothing is under way, and lets the traffic go on. */
async function checkRows({ stand, traffic, ledger, attempts }: Scene): Promise<Findings> {
  await traffic.pause();
  const found = await asSuperuser(stand, async (sql) => await readRows(sql, traffic.orgIds()));
  const findings = holdRows(found, ledger);
  attempts.begin([]);
  traffic.resume();
  return findings;
}
