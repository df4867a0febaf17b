import { readFile } from 'node:fs/promises';
import { createChance } from '../chance.ts';
import type { Proof } from '../part.ts';
import {
  HELD_ATTACKS,
  STRIKING_ATTACKS,
  type AttackName,
  type AttackOrder,
  type HeldAttack,
} from './attacks/attacks.ts';
import type { Attacker } from './attacks/shots.ts';
import type { AttackReport } from './attacks/volley.ts';
import { inProcess } from './in-process.ts';
import { runLoad } from './load/run-load.ts';
import type { StreamReport } from './load/stream.ts';
import { holdHealth, mib, ms, percent } from './overload.ts';
import { faultsIn, tell, type FloodStand } from './stand.ts';
import { strangers } from './strangers.ts';
import { mixedRequests } from './traffic.ts';

const ATTACK = new URL('./attacks/attack-process.ts', import.meta.url);
/** Enough that those who each hold a share of something hold more than there is of it. */
const ATTACKERS = 10;
/** All of 127.0.0.0/8 is this machine (RFC 5735, section 3). */
const ATTACKERS_ADDRESS = '127.0.0.2';
/** As the issue asks. Idle ones take what the slow ones leave of it. */
const CONNECTIONS = 5_000;
const SLOW_HEADERS = 1_000;
const SLOW_BODIES = 600;
/** Of file descriptors, for whatever else a process has open. */
const SPARE_DESCRIPTORS = 500;
const GOOD_PER_SECOND = 20;
const MIN_GOOD_SHARE = 0.99;
/** Under which it is no longer the machine's doing. */
const MIN_GOOD_SHARE_ANYWHERE = 0.9;
const MAX_GOOD_P99_MS = 1_000;
/** When headers must have come, by far: those who hold them back are held for longer than that. */
const HEADERS_ARE_LATE_MS = 15_000;
const BODIES_ARE_LATE_MS = 40_000;
const MAX_MEMORY_BYTES = 640 * 1024 * 1024;

interface Struck {
  readonly name: AttackName;
  readonly report: AttackReport;
}

/** Asks one instance for what it must not give, in every way at hand, while somebody goes on to ask it properly. */
export async function proveHostile(proof: Proof, flooded: FloodStand, budgetMs: number): Promise<void> {
  const { instance, settled, health } = flooded;
  const [good, ...others] = settled;
  if (good === undefined) throw new Error('there is no tenant');
  const attackers = await Promise.all(
    others
      .slice(0, ATTACKERS)
      .map(async ({ tenant, projectId }) => ({ token: await tenant.token(), projectId })),
  );
  const order = { durationMs: budgetMs, seed: proof.seed };
  const chance = createChance(proof.seed);
  const requests = await mixedRequests([good], { chance, evidence: proof.evidence });
  const proper = {
    ...{ name: 'proper requests', origin: instance.url, requests },
    ...{ pace: { perSecond: GOOD_PER_SECOND }, connections: GOOD_PER_SECOND * 10 },
  };
  const [served, held, struck, asked] = await Promise.all([
    runLoad({ ...order, streams: [proper, ...health] }),
    holdConnections(proof, flooded, attackers, budgetMs),
    strike(proof, flooded, attackers, budgetMs),
    runLoad({ ...order, streams: await strangers(flooded, { attackers, localAddress: ATTACKERS_ADDRESS }) }),
  ]);
  for (const each of [...held, ...struck]) holdAttack(proof, each, budgetMs);
  holdStrangers(proof, asked);
  holdService(proof, served);
  const { peakBytes } = await instance.memory();
  proof.hold({
    promise: 'memory stays bounded under hostile floods',
    wanted: `under ${mib(MAX_MEMORY_BYTES)}`,
    measured: mib(peakBytes),
    isKept: peakBytes < MAX_MEMORY_BYTES,
  });
}

async function holdConnections(
  proof: Proof,
  { instance }: FloodStand,
  attackers: readonly Attacker[],
  durationMs: number,
): Promise<Struck[]> {
  const all = Math.min(CONNECTIONS, (await descriptors()) - SPARE_DESCRIPTORS);
  if (all < CONNECTIONS)
    proof.say(`${all} connections instead of ${CONNECTIONS}: a process may not open more files here`);
  const slow = Math.min(SLOW_HEADERS, Math.floor(all / 4));
  const counts: Record<HeldAttack, number> = {
    'slow headers': slow,
    'slow bodies': Math.min(SLOW_BODIES, slow),
    'idle connections': all - slow - Math.min(SLOW_BODIES, slow),
  };
  const before = await instance.memory();
  let most = before.bytes;
  const look = async () => {
    most = Math.max(most, (await instance.memory()).bytes);
  };
  const watch = setInterval(() => {
    void look();
  }, 250);
  const reports = await Promise.all(
    HELD_ATTACKS.map(async (name) => ({
      name,
      report: await attackWith({ name, durationMs, attackers, connections: counts[name] }, instance.url),
    })),
  );
  clearInterval(watch);
  proof.say(
    `${all} connections held: from ${mib(before.bytes)} to ${mib(most)} with all else that was asked`,
  );
  return reports;
}

/** How many files a process may open at most; node raises its own bound to that. */
async function descriptors(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8');
  const [, hard = '0'] = /^Max open files\s+\d+\s+(\d+|unlimited)/m.exec(limits) ?? [];
  return hard === 'unlimited' ? Infinity : Number(hard);
}

/** One attack after another. */
async function strike(
  proof: Proof,
  { instance }: FloodStand,
  attackers: readonly Attacker[],
  budgetMs: number,
): Promise<Struck[]> {
  const durationMs = budgetMs / (STRIKING_ATTACKS.length + 1);
  const struck: Struck[] = [];
  for (const name of STRIKING_ATTACKS) {
    const report = await attackWith({ name, durationMs, attackers, connections: 0 }, instance.url);
    proof.say(`${name}: ${described(report)}`);
    struck.push({ name, report });
  }
  return struck;
}

async function attackWith(order: Omit<AttackOrder, 'target'>, url: string): Promise<AttackReport> {
  const { hostname, port } = new URL(url);
  return await inProcess<AttackReport>(ATTACK, {
    ...order,
    target: { host: hostname, port: Number(port), localAddress: ATTACKERS_ADDRESS },
  });
}

function holdAttack(proof: Proof, { name, report }: Struck, durationMs: number): void {
  for (const refusal of report.refusals) proof.evidence.add('refusal', 'floods', `${refusal}\n`);
  const faults = Object.entries(report.faults).map(([fault, count]) => `${count} × ${fault}`);
  const lateMs = name === 'slow bodies' ? BODIES_ARE_LATE_MS : HEADERS_ARE_LATE_MS;
  const held = report.outcomes['held to the end'] ?? 0;
  if (durationMs >= lateMs && held > 0) faults.push(`${held} × held to the end`);
  proof.hold({
    promise: `${name}: each is answered as it deserves, or closed`,
    wanted: 'no other',
    measured: faults.length > 0 ? tell(faults) : described(report),
    isKept: faults.length === 0,
  });
}

function described({ sent, outcomes }: AttackReport): string {
  const counts = Object.entries(outcomes).map(([outcome, count]) => `${outcome} × ${count}`);
  return `${sent} sent: ${counts.join(', ')}`;
}

function holdStrangers(proof: Proof, reports: readonly StreamReport[]): void {
  const faults = faultsIn(proof, reports);
  proof.hold({
    promise: 'bad tokens, unknown keys and misses: each is answered as it deserves',
    wanted: 'no other',
    measured:
      faults.length > 0
        ? tell(faults)
        : reports.map(({ name, sent, seconds }) => `${Math.round(sent / seconds)}/s ${name}`).join(', '),
    isKept: faults.length === 0,
  });
}

function holdService(proof: Proof, [proper, ...health]: readonly StreamReport[]): void {
  if (proper === undefined) throw new Error('there is no report of the proper requests');
  const faults = faultsIn(proof, [proper, ...health]);
  const share = proper.accepted.count / Math.max(proper.sent, 1);
  const measured = `${percent(share)} of ${proper.sent}, p99 ${ms(proper.accepted.p99)}`;
  proof.hold({
    promise: 'whoever asks properly is served meanwhile',
    wanted: `${percent(MIN_GOOD_SHARE)}, p99 under ${ms(MAX_GOOD_P99_MS)}`,
    ...{ measured, isKept: share >= MIN_GOOD_SHARE && proper.accepted.p99 < MAX_GOOD_P99_MS, isTimed: true },
  });
  proof.hold({
    promise: 'whoever asks properly is served meanwhile, however late',
    wanted: `${percent(MIN_GOOD_SHARE_ANYWHERE)}, and no wrong answer`,
    measured: faults.length > 0 ? tell(faults) : measured,
    isKept: share >= MIN_GOOD_SHARE_ANYWHERE && faults.length === 0,
  });
  holdHealth(proof, 'hostile floods', health);
}
