import type { Verdict } from '../benchmark.ts';
import { UNATTRIBUTED_GOAL } from '../goals.ts';
import { goal, tableOf } from '../table.ts';
import type { Parts } from './attribute.ts';
import { SHARES, type Share } from './rules.ts';

/** What a request takes on average, in µs. */
interface PerRequest {
  /** From one request's end to the next one's. */
  readonly wallUs: number;
  /** What the service computes: in the thread that runs JavaScript, and in all of its threads. */
  readonly mainUs: number;
  readonly processUs: number;
  readonly databaseUs: number;
  /** What this program computes, which sends the requests. */
  readonly callerUs: number;
}

/** What one kind of request takes of one program. */
export interface Spent {
  readonly name: string;
  /** What the thread that runs JavaScript does. */
  readonly parts: Parts;
  /** With as many callers as the load has, and with one alone. */
  readonly together: PerRequest;
  readonly alone: PerRequest;
}

/** How the time divides, in µs a request, and who had no time to spare. */
export function reportShares(spent: readonly Spent[]): Verdict {
  const row = (name: string, cell: (of: Spent) => string) => [name, ...spent.map(cell)];
  const us = (name: string, value: (of: Spent) => number) => row(name, (of) => value(of).toFixed(0));
  const busy = (name: string, value: (of: PerRequest) => number) =>
    row(name, ({ together }) => `${((value(together) / together.wallUs) * 100).toFixed(0)} %`);
  const byWeight = (Object.keys(SHARES) as Share[]).toSorted((a, b) => weight(spent, b) - weight(spent, a));
  const isKnown = spent.every(({ parts }) => parts.unattributed <= UNATTRIBUTED_GOAL);
  const percent = `unattributed at most ${UNATTRIBUTED_GOAL * 100} %`;
  const rows = [
    ...byWeight.map((share) => us(SHARES[share], ({ parts, together }) => parts[share] * together.mainUs)),
    us('other threads', ({ together }) => together.processUs - together.mainUs),
    us('= the service', ({ together }) => together.processUs),
    us('PostgreSQL', ({ together }) => together.databaseUs),
    us('one caller alone waits', ({ alone }) => alone.wallUs),
    us('  for neither of them', ({ alone }) => Math.max(0, alone.wallUs - alone.mainUs - alone.databaseUs)),
    busy('busy: JavaScript', ({ mainUs }) => mainUs),
    busy('busy: PostgreSQL', ({ databaseUs }) => databaseUs),
    busy('busy: the callers', ({ callerUs }) => callerUs),
  ];
  return {
    text: [
      `where the time goes, in µs of CPU a request ${goal(percent, isKnown)}`,
      tableOf(['', ...spent.map(({ name }) => name)], rows),
    ].join('\n'),
    isKept: isKnown,
  };
}

/** How much a share matters: what it takes of all that is not the yardstick, and of that too. */
function weight(spent: readonly Spent[], share: Share): number {
  return spent.reduce((sum, { parts, together }) => sum + parts[share] * together.mainUs, 0);
}
