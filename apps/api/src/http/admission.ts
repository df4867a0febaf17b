import { createWaitingRoom, type Applicant as Waiter, type WaitingRoom } from './waiting-room.ts';

/** A request that wants to be worked on. */
export interface Applicant extends Waiter {
  /** Whether its credentials were good of late. Who is behind others is claimed, and not known yet. */
  readonly isKnown: boolean;
  readonly start: (place: Place) => void;
}

/** A place among the requests that are worked on. */
export interface Place {
  /** Gives it back for good. */
  readonly release: () => void;
  /** Waits for somebody else, a caller or a customer's server: the place is free for others meanwhile. */
  readonly whileElsewhere: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface AdmissionOptions {
  /** How many requests are worked on at once. */
  readonly places: number;
  /** How many are under way, together with those that wait for somebody else. */
  readonly maxUnderWay: number;
  /** How many wait for a place, of those who are known and of the others each. */
  readonly maxWaiting: number;
  /** How long each does at most. */
  readonly patienceMs: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** What the admission is busy with. Totals count from the start of the process. */
export interface AdmissionState {
  readonly places: number;
  readonly working: number;
  /** Begun, and waiting for somebody else. */
  readonly elsewhere: number;
  readonly waiting: number;
  readonly refused: number;
  /** Left while they waited. */
  readonly gone: number;
}

export interface Admission {
  /** Starts the request now or later, or refuses it, or forgets it when its caller is gone. */
  readonly apply: (applicant: Applicant) => void;
  /** Refuses those who have waited too long. To be called every few milliseconds while there are any. */
  readonly expire: () => void;
  /** How many wait for a place. */
  readonly waiting: () => number;
  readonly state: () => AdmissionState;
}

/** Those who are known, or those who are not. */
interface Group {
  readonly waiting: WaitingRoom<Applicant>;
  readonly places: number;
  working: number;
}

/**
 * Decides which requests are worked on. As many as have a place are: more of them bring nothing but longer waits. The
 * others wait for a moment, senders in turn, and are refused rather than served late. Those who are known and those who
 * are not take turns too, and the latter have half of the places: a flood of invented credentials, or an issuer that
 * cannot be asked about them, leaves the others their half.
 */
export function createAdmission({
  places,
  maxUnderWay,
  maxWaiting,
  patienceMs,
  now,
}: AdmissionOptions): Admission {
  const createGroup = (share: number): Group => {
    const waiting = createWaitingRoom<Applicant>({ size: maxWaiting, standingSize: share, patienceMs, now });
    return { waiting, places: share, working: 0 };
  };
  const [known, strangers] = [createGroup(places), createGroup(Math.ceil(places / 2))];
  const away = { count: 0 };
  let last = strangers;

  const working = () => known.working + strangers.working;
  const waiting = () => known.waiting.count() + strangers.waiting.count();
  const hasPlace = (group: Group) =>
    working() < places && group.working < group.places && working() + away.count < maxUnderWay;

  /** Gives free places to those who wait. */
  function advance(): void {
    for (;;) {
      const turns = last === known ? [strangers, known] : [known, strangers];
      const group = turns.find((each) => each.waiting.count() > 0 && hasPlace(each));
      if (group === undefined) return;
      const applicant = group.waiting.next();
      if (applicant === undefined) continue;
      last = group;
      applicant.start(takePlace(group, { away, advance }));
    }
  }

  return {
    apply: (applicant) => {
      const group = applicant.isKnown ? known : strangers;
      if (group.waiting.count() > 0 || !hasPlace(group)) group.waiting.enter(applicant);
      else {
        group.waiting.noteFree();
        applicant.start(takePlace(group, { away, advance }));
      }
    },
    expire: () => {
      for (const { waiting } of [known, strangers]) waiting.expire();
    },
    waiting,
    state: () => {
      const [ours, others] = [known.waiting.state(), strangers.waiting.state()];
      return {
        ...{ places, working: working(), elsewhere: away.count, waiting: waiting() },
        ...{ refused: ours.refused + others.refused, gone: ours.gone + others.gone },
      };
    },
  };
}

interface Around {
  /** How many have begun and wait for somebody else. */
  readonly away: { count: number };
  readonly advance: () => void;
}

function takePlace(group: Group, { away, advance }: Around): Place {
  let [isHeld, errands] = [true, 0];
  group.working += 1;
  return {
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      if (errands > 0) away.count -= 1;
      else group.working -= 1;
      advance();
    },
    whileElsewhere: async (work) => {
      errands += 1;
      if (isHeld && errands === 1) {
        group.working -= 1;
        away.count += 1;
        advance();
      }
      try {
        return await work();
      } finally {
        errands -= 1;
        // Begun is begun: there may be a few more at work than places for a moment.
        if (isHeld && errands === 0) {
          away.count -= 1;
          group.working += 1;
        }
      }
    },
  };
}
