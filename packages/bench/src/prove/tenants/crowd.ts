/** Many clients at once, each of which does a few things for one tenant and then goes to another. */
import type { Chance } from '../chance.ts';
import { Violation, type Lane } from './lane.ts';
import { change, remove, restore } from './moves/change.ts';
import { create } from './moves/create.ts';
import { readList } from './moves/list.ts';
import { exportLog, readLog, verifyLog } from './moves/logs.ts';
import { readLimits, readOwnPlaces } from './moves/organization.ts';
import { readOne, reveal } from './moves/read.ts';
import { probe, probePages } from './probes/probe.ts';

/** What a lane does next, and whether it could. */
type Move = (lane: Lane) => Promise<boolean>;

/** How often each is chosen, of the sum of all. */
const MOVES: readonly (readonly [weight: number, move: Move])[] = [
  ...[[26, create] as const, [14, change] as const, [6, remove] as const, [5, restore] as const],
  ...[[10, readOne] as const, [12, readList] as const, [2, reveal] as const],
  ...[[2, readOwnPlaces] as const, [2, readLimits] as const, [3, readLog] as const],
  ...[[1, exportLog] as const, [1, verifyLog] as const],
  ...[[14, probe] as const, [2, probePages] as const],
];
const DECK = MOVES.flatMap(([weight, move]) => Array.from({ length: weight }, () => move));
const MAX_MOVES_AT_ONCE = 5;

interface Crowd {
  readonly lanes: readonly Lane[];
  readonly chance: Chance;
  readonly clients: number;
  /** When it ends, by `performance.now()`; every lane has its turn before. */
  readonly until: number;
}

/** What was found wrong, and how many turns were taken. */
export interface Observed {
  readonly violations: readonly string[];
  readonly turns: number;
}

/** So many lanes take a quarter of all turns, and so have a longer history where time is short. */
const REGULARS = 32;
const SHARE_OF_REGULARS = 0.25;

/** Lets them act until the time is over. A lane in which something went wrong does nothing more. */
export async function letThemAct({ lanes, chance, clients, until }: Crowd): Promise<Observed> {
  const waiting = shuffled(lanes, chance);
  const regulars: Lane[] = [];
  const served = new Set<Lane>();
  const violations: string[] = [];
  let turns = 0;
  const next = () =>
    (chance.isLucky(SHARE_OF_REGULARS) ? regulars.shift() : undefined) ?? waiting.shift() ?? regulars.shift();
  const act = async () => {
    while (served.size < lanes.length || performance.now() < until) {
      const lane = next();
      if (lane === undefined) return;
      served.add(lane);
      turns += 1;
      const problem = await problemIn(lane);
      if (problem !== undefined) violations.push(problem);
      else if (regulars.length < REGULARS) regulars.push(lane);
      else waiting.push(lane);
    }
  };
  await Promise.all(Array.from({ length: clients }, act));
  return { violations, turns };
}

function shuffled<T>(list: readonly T[], chance: Chance): T[] {
  const left = [...list];
  return list.flatMap(() => left.splice(chance.below(left.length), 1));
}

async function problemIn(lane: Lane): Promise<string | undefined> {
  try {
    const moves = 1 + lane.chance.below(MAX_MOVES_AT_ONCE);
    for (let made = 0; made < moves; made += 1) await makeMove(lane);
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error.message;
    throw error;
  }
}

/** Whoever has nothing yet can do little; to make a project is possible then. */
async function makeMove(lane: Lane): Promise<void> {
  let isMade = false;
  while (!isMade) isMade = await lane.chance.pick(DECK)(lane);
}
