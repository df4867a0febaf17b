/** What Headgate has acknowledged, as its clients have it in writing. */
import type { Kept, Kind, View } from './kept.ts';

export type { Kept, View } from './kept.ts';

/** The first answer to an idempotency key. */
export interface FirstAnswer {
  readonly orgId: string;
  readonly key: string;
  readonly view: View;
}

/** A creation that was asked for once, whatever was heard of it: it is there at most once. */
export interface Forgotten {
  readonly kind: Kind;
  readonly orgId: string;
  readonly name: string;
  isAcknowledged: boolean;
}

export interface Ledger {
  readonly kept: readonly Kept[];
  readonly firstAnswers: readonly FirstAnswer[];
  readonly forgotten: readonly Forgotten[];
  readonly create: (made: Omit<Kept, 'isGone' | 'done'>) => Kept;
  /** An action on something that is kept was acknowledged. */
  readonly acknowledge: (
    kept: Kept,
    verb: string,
    change?: Partial<Pick<Kept, 'view' | 'isGone' | 'secret'>>,
  ) => void;
  readonly remember: (first: FirstAnswer) => void;
  readonly forget: (forgotten: Forgotten) => void;
  /** A number that was never given before, to make names of. */
  readonly serial: () => number;
  /** How many writes were acknowledged. */
  readonly acknowledged: () => number;
}

export function createLedger(): Ledger {
  const kept: Kept[] = [];
  const firstAnswers: FirstAnswer[] = [];
  const forgotten: Forgotten[] = [];
  let serial = 0;
  let acknowledged = 0;
  const acknowledge: Ledger['acknowledge'] = (which, verb, change = {}) => {
    const action = `${which.kind.action}.${verb}`;
    which.done.set(action, (which.done.get(action) ?? 0) + 1);
    Object.assign(which, change);
    acknowledged += 1;
  };
  return {
    ...{ kept, firstAnswers, forgotten, acknowledge },
    create: (made) => {
      const created: Kept = { ...made, isGone: false, done: new Map() };
      kept.push(created);
      acknowledge(created, 'create');
      return created;
    },
    remember: (first) => void firstAnswers.push(first),
    forget: (one) => void forgotten.push(one),
    serial: () => (serial += 1),
    acknowledged: () => acknowledged,
  };
}

/** The version that its row has: one more with each action that was acknowledged. */
export function versionOf({ done }: Kept): number {
  return [...done.values()].reduce((sum, times) => sum + times, 0);
}

/** The entity tag that its next answer has. A project's tells of its databases too. */
export function etagOf(kept: Kept, ledger: Pick<Ledger, 'kept'>): string {
  const version = versionOf(kept);
  return kept.kind.name === 'project' ? `"${version}-${databasesOf(kept, ledger)}"` : `"${version}"`;
}

/** What reading it answers, by the ledger. */
export function expectedView(kept: Kept, ledger: Pick<Ledger, 'kept'>): View {
  if (kept.kind.name !== 'project') return kept.view;
  return { ...kept.view, database_count: databasesOf(kept, ledger) };
}

function databasesOf(project: Kept, { kept }: Pick<Ledger, 'kept'>): number {
  return kept.filter(({ parent, isGone, kind }) => parent === project && !isGone && kind.name === 'database')
    .length;
}
