/** One tenant's steady work, one thing after the other, so that it is known at any time what is right. */
import type { Kept } from '../ledger.ts';
import type { Account } from './account.ts';
import type { Hand } from './hand.ts';
import { API_KEY, CACHE_RULE, DATABASE, PROJECT, REPLICA, type Kind } from './kinds.ts';
import { list, read, readLog, reveal } from './reads.ts';
import { change, create, createAndForget, remove, restore } from './writes.ts';

export interface Worker {
  /** Does one thing, chosen by chance. */
  readonly step: () => Promise<void>;
}

interface WorkerOptions {
  readonly hand: Hand;
  /** The tenant's second credential: an account that acts with this API key. */
  readonly withKey: (apiKey: string) => Account;
}

/** How many of a kind one place has at most. */
const MOST: Readonly<Record<string, number>> = {
  project: 4,
  database: 3,
  replica: 2,
  cache_rule: 2,
  api_key: 4,
};
/** What was deleted and is not restored by then stays deleted. */
const RESTORED_OF_LAST = 3;

/** @returns a worker who has a project with a database, and a key that half of the work is done with */
export async function startWorker({ hand, withKey }: WorkerOptions): Promise<Worker> {
  const { ledger, chance } = hand;
  const project = await create(hand, PROJECT);
  const database = await create(hand, DATABASE, project);
  const key = await create(hand, API_KEY);
  const byKey: Hand = { ...hand, account: withKey(key.secret ?? '') };
  const lasting: readonly Kept[] = [project, database, key];
  const own = () => ledger.kept.filter(({ orgId }) => orgId === hand.orgId);
  const steps: readonly ((hand: Hand) => Promise<void>)[] = [
    ...times(4, async (by: Hand) => await read(by, chance.pick(readable(own())))),
    ...times(2, async (by: Hand) => await reveal(by, chance.pick(own().filter(isLivingDatabase)))),
    ...times(3, async (by: Hand) => await listSome(by, own())),
    ...times(2, async (by: Hand) => await readLog(by, chance.pick(own()))),
    ...times(4, async (by: Hand) => await createSome(by, own())),
    ...times(4, async (by: Hand) => await change(by, chance.pick(changeable(own())))),
    ...times(2, async (by: Hand) => await removeSome(by, own(), lasting)),
    ...times(2, async (by: Hand) => await restoreSome(by, own())),
  ];
  return { step: async () => await chance.pick(steps)(chance.isLucky(0.5) ? byKey : hand) };
}

/** A worker who asks for API keys by and by, and repeats nothing: what was not answered may be there, once. */
export function startForgetfulWorker(hand: Hand): Worker {
  return { step: async () => await createAndForget(hand, PROJECT) };
}

function times<T>(count: number, step: T): T[] {
  return Array.from({ length: count }, () => step);
}

/** What is there, and all that it lies in. */
function isLiving({ isGone, parent }: Kept): boolean {
  return !isGone && (parent === undefined || isLiving(parent));
}

const isLivingDatabase = (kept: Kept) => kept.kind === DATABASE && isLiving(kept);
const readable = (own: readonly Kept[]) => own.filter((kept) => kept.kind.isReadAlone && isLiving(kept));
const changeable = (own: readonly Kept[]) =>
  own.filter((kept) => kept.kind.change !== undefined && isLiving(kept));

/** The kinds, each with a living place for one of it. */
function places({ chance }: Hand, own: readonly Kept[]): readonly [Kind, Kept | undefined][] {
  const database = chance.pick(own.filter(isLivingDatabase));
  return [
    [PROJECT, undefined],
    [API_KEY, undefined],
    [DATABASE, own.find(({ kind }) => kind === PROJECT)],
    [REPLICA, database],
    [CACHE_RULE, database],
  ];
}

async function listSome(hand: Hand, own: readonly Kept[]): Promise<void> {
  const [kind, parent] = hand.chance.pick(places(hand, own));
  await list(hand, kind, parent);
}

async function createSome(hand: Hand, own: readonly Kept[]): Promise<void> {
  const [kind, parent] = hand.chance.pick(places(hand, own));
  const count = own.filter((kept) => kept.kind === kind && kept.parent === parent && !kept.isGone).length;
  if (count < (MOST[kind.name] ?? 0)) await create(hand, kind, parent);
}

async function removeSome(hand: Hand, own: readonly Kept[], lasting: readonly Kept[]): Promise<void> {
  const found = own.filter((kept) => isLiving(kept) && !lasting.includes(kept));
  if (found.length > 0) await remove(hand, hand.chance.pick(found));
}

async function restoreSome(hand: Hand, own: readonly Kept[]): Promise<void> {
  const gone = own.filter(({ isGone, kind, parent }) => {
    return isGone && kind.isRestored && (parent === undefined || isLiving(parent));
  });
  const kept = gone.slice(-RESTORED_OF_LAST)[0];
  if (kept !== undefined) await restore(hand, kept);
}
