/** Counts what came of each try while a fault lasts, and keeps what was wrong. */
import type { Verdict } from './judge.ts';

export type Counts = Readonly<Record<Verdict['kind'], number>>;

interface Attempt {
  /** The kind of request, such as `database.update`. */
  readonly kind: string;
  /** By which it is found in the log of the instance. */
  readonly requestId: string;
  /** When it was begun, as `performance.now()` counts, in milliseconds. */
  readonly begunAt: number;
}

/** A refusal for something that passes, or a connection that closes. */
type Failure = Extract<Verdict['kind'], 'unavailable' | 'closed'>;

/** Something by which requests may fail. */
export interface Reason {
  readonly name: string;
  /** Which requests may fail by it, and how. Any may, by any failure that passes, unless this says otherwise. */
  readonly mayFail?: (kind: string, failure: Failure) => boolean;
}

/** From a moment on, these faults are the reason for what fails. */
interface Period {
  readonly from: number;
  readonly reasons: readonly Reason[];
}

export interface Attempts {
  readonly note: (attempt: Attempt, verdict: Verdict) => void;
  /** Begins to count anew: from now on these faults are the reason for what fails; none, when none is given. */
  readonly begin: (faults: readonly Reason[]) => void;
  /** What was counted since the last `begin`. */
  readonly counts: () => Counts;
  readonly total: () => Counts;
  /** What was wrong, a line each, the first ones only; and how many were wrong. */
  readonly wrongs: () => readonly string[];
  /** The longest that any try took, in milliseconds. */
  readonly longestMs: () => number;
  /** How many failures have no other reason than that something took its time. */
  readonly slowFailures: () => number;
  /** Notes what is wrong and was found otherwise than by the answer to one try. */
  readonly complain: (what: string) => void;
}

const MAX_TOLD = 30;
/** What fails later than this may have failed because the machine is slow, and waits are bounded. */
const SLOW_MS = 2_000;
/** No request lasts longer than three of them. */
const MAX_PERIODS = 4;
const NONE: Counts = { right: 0, limited: 0, unavailable: 0, closed: 0, wrong: 0 };

export function createAttempts(say: (text: string) => void = () => {}): Attempts {
  let periods: readonly Period[] = [{ from: -Infinity, reasons: [] }];
  let present = { ...NONE };
  const all = { ...NONE };
  const wrongs: string[] = [];
  let longestMs = 0;
  let slowFailures = 0;
  const complain = (what: string) => {
    present.wrong += 1;
    all.wrong += 1;
    if (wrongs.length >= MAX_TOLD) return;
    const when =
      periods
        .at(-1)
        ?.reasons.map(({ name }) => name)
        .join(' + ') || 'no fault';
    wrongs.push(`${when}: ${what}`);
    say(`wrong (${when}): ${what}`);
  };
  /** A request that was begun in one period and fails in the next one may have its reason in either. */
  const mayFail = (begunAt: number, kind: string, failure: Failure) =>
    periods
      .filter((_, index) => (periods[index + 1]?.from ?? Infinity) > begunAt)
      .some(
        ({ reasons }) =>
          // What each of two would leave alone, both may not: an instance that starts while the issuer fails has no keys.
          reasons.length > 1 || reasons.some((fault) => fault.mayFail?.(kind, failure) ?? true),
      );
  return {
    note: ({ kind, requestId, begunAt }, verdict) => {
      const tookMs = performance.now() - begunAt;
      longestMs = Math.max(longestMs, tookMs);
      const told = `${kind} (request ${requestId}, ${Math.round(tookMs)} ms)`;
      if (verdict.kind === 'wrong') {
        complain(`${told}: ${verdict.what}`);
        return;
      }
      const isFailure = verdict.kind === 'unavailable' || verdict.kind === 'closed';
      const isUnexcused = isFailure && !mayFail(begunAt, kind, verdict.kind);
      if (isUnexcused && tookMs > SLOW_MS) slowFailures += 1;
      else if (isUnexcused) {
        complain(`${told} is ${verdict.kind}, which it need not be`);
        return;
      }
      present[verdict.kind] += 1;
      all[verdict.kind] += 1;
    },
    begin: (reasons) => {
      periods = [...periods, { from: performance.now(), reasons }].slice(-MAX_PERIODS);
      present = { ...NONE };
    },
    counts: () => ({ ...present }),
    total: () => ({ ...all }),
    wrongs: () => wrongs,
    longestMs: () => longestMs,
    slowFailures: () => slowFailures,
    complain,
  };
}
