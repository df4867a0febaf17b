/** Writes down what became of each promise, over all scenes. */
import type { Proof } from '../part.ts';
import type { Counts } from './attempts.ts';
import type { End } from './checks/end.ts';
import type { Findings } from './checks/hold-rows.ts';
import type { Outcome } from './run-fault.ts';
import type { Scene } from './scene.ts';

interface Ended {
  readonly scene: Pick<Scene, 'attempts' | 'ledger'>;
  readonly outcomes: readonly Outcome[];
  readonly end: End;
}

const RECOVERY_MS = 5_000;
/** What the API gives a request before it answers 503, and a little for the way. */
const LONGEST_MS = 21_000;
/** Of one instance: those of requests, and one of upkeep. */
const MAX_SESSIONS = 11;
const MAX_TOLD = 5;

export function holdPromises({ hold, say }: Pick<Proof, 'hold' | 'say'>, ended: readonly Ended[]): void {
  const outcomes = ended.flatMap(({ outcomes }) => outcomes);
  const writes = sum(ended.map(({ scene }) => scene.ledger.acknowledged()));
  const findings = (which: keyof Findings) => [
    ...new Set(outcomes.flatMap((outcome) => outcome.findings[which])),
  ];
  const none = (promise: string, found: readonly string[], of: string) => {
    for (const line of found.slice(0, MAX_TOLD)) say(`${promise}: ${line}`);
    hold({ promise, wanted: '0', measured: `${found.length} of ${of}`, isKept: found.length === 0 });
  };
  none('acknowledged writes that are lost', findings('lost'), `${writes} writes`);
  none('writes that are there twice, or unasked', findings('doubled'), `${writes} writes`);
  none('mutations without their audit entry, once', findings('unaudited'), `${writes} writes`);
  const firsts = sum(ended.map(({ scene }) => scene.ledger.firstAnswers.length));
  none('idempotency keys that forgot their answer', findings('forgottenAnswers'), `${firsts} keys`);

  const totals = ended.map(({ scene }) => scene.attempts.total());
  const answers = sum(totals.map(all));
  none(
    'answers that are wrong',
    ended.flatMap(({ scene }) => scene.attempts.wrongs()),
    `${answers} answers`,
  );
  const longestMs = Math.max(...ended.map(({ scene }) => scene.attempts.longestMs()));
  hold({
    ...{ promise: 'the longest wait for an answer', wanted: `under ${LONGEST_MS} ms`, isTimed: true },
    ...{ measured: `${Math.round(longestMs)} ms`, isKept: longestMs < LONGEST_MS },
  });
  const slow = sum(ended.map(({ scene }) => scene.attempts.slowFailures()));
  hold({
    ...{ promise: 'failures for no reason but slowness', wanted: '0', isTimed: true },
    ...{ measured: `${slow} of ${answers} answers`, isKept: slow === 0 },
  });
  holdRecoveries(hold, outcomes);
  holdEnds(
    hold,
    ended.map(({ end }) => end),
  );
}

function all({ right, limited, unavailable, closed, wrong }: Counts): number {
  return right + limited + unavailable + closed + wrong;
}

/** The slowest recovery from each fault, however often it was inflicted. */
function holdRecoveries(hold: Proof['hold'], outcomes: readonly Outcome[]): void {
  const slowest = new Map<string, number>();
  for (const { name, recoveredMs = Infinity } of outcomes)
    slowest.set(name, Math.max(slowest.get(name) ?? 0, recoveredMs));
  for (const [name, ms] of slowest) {
    hold({
      ...{ promise: `recovers: ${name}`, wanted: `within ${RECOVERY_MS} ms`, isTimed: true },
      measured: ms === Infinity ? 'not at all' : `${Math.round(ms)} ms`,
      isKept: ms <= RECOVERY_MS,
    });
  }
  const stuck = outcomes.filter(({ isStuck }) => isStuck).length;
  hold({
    promise: 'faults that only a restart ends',
    wanted: '0',
    measured: String(stuck),
    isKept: stuck === 0,
  });
}

function holdEnds(hold: Proof['hold'], ends: readonly End[]): void {
  const organizations = sum(ends.map((end) => end.organizations));
  const verified = sum(ends.map((end) => end.verified));
  hold({
    ...{ promise: 'audit chains that verify', wanted: `all of ${organizations}` },
    ...{ measured: String(verified), isKept: verified === organizations },
  });
  const idle = sum(ends.map(({ idleInTransaction }) => idleInTransaction));
  hold({
    promise: 'sessions left in a transaction',
    wanted: '0',
    measured: String(idle),
    isKept: idle === 0,
  });
  const sessions = Math.max(...ends.map((end) => end.sessions));
  hold({
    ...{ promise: 'sessions of an instance', wanted: `at most ${MAX_SESSIONS}` },
    ...{ measured: String(sessions), isKept: sessions <= MAX_SESSIONS },
  });
  const ended = ends.filter(({ running }) => running !== 1).length;
  hold({
    promise: 'instances that ended by themselves',
    wanted: '0',
    measured: String(ended),
    isKept: ended === 0,
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
