import { createFairQueue } from './fair-queue.ts';

/** A request that wants to be worked on. */
export interface Applicant {
  /** Whom it counts for, when there are more than can be worked on. */
  readonly sender: string;
  /** Whether nobody waits for its answer any more. */
  readonly isGone: () => boolean;
  readonly refuse: () => void;
}

interface WaitingRoomOptions {
  /** How many wait at most. */
  readonly size: number;
  /** How many do when those who come have had to wait for longer than the patience lasts. */
  readonly standingSize: number;
  readonly patienceMs: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** Where requests wait for a place, until they get one or there is no use in it any more. */
export interface WaitingRoom<A extends Applicant> {
  readonly count: () => number;
  /** Lets one in, or refuses it or another in its place. */
  readonly enter: (applicant: A) => void;
  /** The next in turn who is still there and has not waited too long. */
  readonly next: () => A | undefined;
  /** Refuses those who have waited too long. */
  readonly expire: () => void;
  /** Somebody got a place without waiting for it. */
  readonly noteFree: () => void;
  /** Totals: refused, and left while they waited. */
  readonly state: () => { readonly refused: number; readonly gone: number };
}

/**
 * Two bounds, as in "Fail at Scale" (ACM Queue 13, 2015). Nobody waits longer than the patience lasts, so that a burst is
 * served and nothing is served late. And a queue that does not go away is kept short: when there is more than can be done,
 * a longer one makes answers later and not more of them. Who is refused then is refused at once, which costs least.
 */
export function createWaitingRoom<A extends Applicant>(options: WaitingRoomOptions): WaitingRoom<A> {
  const { size, standingSize, patienceMs, now } = options;
  const queue = createFairQueue<{ applicant: A; sender: string; cameAt: number }>();
  let freeAt = now();
  let [refused, gone] = [0, 0];
  const deadline = () => now() - patienceMs;
  const room = () => (freeAt < deadline() ? standingSize : size);

  function refuse(applicant: A): void {
    if (applicant.isGone()) gone += 1;
    else {
      refused += 1;
      applicant.refuse();
    }
  }

  return {
    count: queue.size,
    enter: (applicant) => {
      const { sender } = applicant;
      if (queue.size() >= room()) {
        const other = queue.takeToMakeRoomFor(sender);
        refuse(other?.applicant ?? applicant);
        if (other === undefined) return;
      }
      queue.add({ applicant, sender, cameAt: now() });
    },
    next: () => {
      for (let one = queue.take(); one !== undefined; one = queue.take()) {
        if (one.cameAt >= deadline() && !one.applicant.isGone()) return one.applicant;
        refuse(one.applicant);
      }
      return undefined;
    },
    expire: () => {
      for (const { applicant } of queue.takeOlderThan(deadline())) refuse(applicant);
    },
    noteFree: () => {
      freeAt = now();
    },
    state: () => ({ refused, gone }),
  };
}
