import { createChance, type Chance } from '../chance.ts';
import type { Part, Proof } from '../part.ts';
import { checkEnd } from './checks/end.ts';
import type { Fault } from './fault.ts';
import { holdPromises } from './hold-promises.ts';
import { CLOCK_FAULTS } from './inflicted/clocks.ts';
import { INSTANCE_FAULTS } from './inflicted/instances.ts';
import { ISSUER_FAULTS } from './inflicted/issuer.ts';
import { POSTGRES_FAULTS } from './inflicted/postgres.ts';
import { SESSION_FAULTS } from './inflicted/sessions.ts';
import { WIRE_FAULTS } from './inflicted/wire.ts';
import { runFaults, type Outcome } from './run-fault.ts';
import { openScene } from './scene.ts';

/** Those of one family are never inflicted together: they would hide each other. */
type Family = readonly Fault[];

/** Two scenes go on beside each other: what breaks the database, and what breaks the rest. */
const SCENES: Readonly<Record<string, readonly Family[]>> = {
  database: [POSTGRES_FAULTS, SESSION_FAULTS, WIRE_FAULTS],
  service: [INSTANCE_FAULTS, ISSUER_FAULTS, CLOCK_FAULTS],
};
/** Of the rounds of the long form, so many are of two faults at once. */
const COMBINED = 0.25;
/** Each fault is to be inflicted once, also on a machine that has other things to do; it must not wait for that for ever. */
const OVERTIME = 1.5;
/** Few, so that all of them can be taken; enough for an instance and its successor. */
const SETTINGS = { max_connections: '60' };
const ENV = { LIMITS: '{"requests_per_second":1000000,"projects":1000000}' };

/** Breaks what Headgate stands on, one thing after the other, while tenants go on with their work. */
export const faults: Part = {
  name: 'faults',
  share: 0.4,
  prove: async (proof) => {
    const chance = createChance(proof.seed);
    const ended = await Promise.all(
      Object.entries(SCENES).map(async ([name, families]) => {
        return await playScene(proof, { name, families, chance: chance.fork() });
      }),
    );
    holdPromises(proof, ended);
  },
};

interface Play {
  readonly name: string;
  readonly families: readonly Family[];
  readonly chance: Chance;
}

async function playScene(proof: Proof, { name, families, chance }: Play) {
  const until = performance.now() + proof.budgetMs * (proof.isShort ? OVERTIME : 1);
  const stand = await proof.startStand({ env: ENV, settings: SETTINGS });
  const say = (text: string) => proof.say(`${name}: ${text}`);
  const scene = await openScene({ stand, evidence: proof.evidence, chance, say });
  scene.traffic.resume();
  const outcomes: Outcome[] = [];
  for (const faults of rounds(families, chance, proof.isShort)) {
    if (performance.now() > until) break;
    const outcome = await runFaults(scene, faults, proof.isShort ? 'short' : 'long');
    say(describe(outcome));
    outcomes.push(outcome);
  }
  return { scene, outcomes, end: await checkEnd(scene) };
}

/** Each fault once in the short form; in the long one again and again, in another order each time, and combined. */
function* rounds(families: readonly Family[], chance: Chance, isShort: boolean): Generator<readonly Fault[]> {
  for (const fault of shuffled(families.flat(), chance)) yield [fault];
  if (isShort) return;
  for (;;) {
    for (const fault of shuffled(families.flat(), chance)) {
      const others = families.filter((family) => !family.includes(fault)).flat();
      yield chance.isLucky(COMBINED) ? inOrder([fault, chance.pick(others)]) : [fault];
    }
  }
}

/** What ends PostgreSQL comes last, and is ended first: others ask it when they are inflicted and ended. */
function inOrder(faults: readonly Fault[]): Fault[] {
  return faults.toSorted((one, other) => rankOf(one) - rankOf(other));
}

const rankOf = (fault: Fault) => (POSTGRES_FAULTS.includes(fault) ? 1 : 0);

function shuffled<T>(list: readonly T[], chance: Chance): T[] {
  const left = [...list];
  return list.flatMap(() => left.splice(chance.below(left.length), 1));
}

function describe({ name, recoveredMs, counts }: Outcome): string {
  const { right, unavailable, limited, closed, wrong } = counts;
  const recovered =
    recoveredMs === undefined ? 'not recovered' : `recovered in ${Math.round(recoveredMs)} ms`;
  const failed = `${unavailable} unavailable, ${limited} too many, ${closed} closed, ${wrong} wrong`;
  return `${name}: ${recovered}; ${right} right, ${failed}`;
}
