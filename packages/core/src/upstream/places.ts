import { HeadgateError, unavailable } from '../errors.ts';

const RETRY_AFTER_SECONDS = 2;

/** Whose database it is: of any row of it, or inside it. */
export interface Owned {
  readonly org_id: string;
  readonly project_id: string;
}

/**
 * How much is under way at once, by what is done. One organization never has all that an instance does: whoever has many
 * projects, people and keys has no more of it. An introspection holds tens of megabytes of a large database.
 */
const BOUNDS = {
  check: {
    what: 'checks of databases',
    bound: 'upstream_checks',
    ofProject: 4,
    ofOrganization: 8,
    inAll: 100,
  },
  introspection: {
    what: 'introspections',
    bound: 'introspections',
    ofProject: 2,
    ofOrganization: 2,
    inAll: 6,
  },
} as const;

/** What a customer's server is used for. */
export type UpstreamUse = keyof typeof BOUNDS;

interface Place {
  /** Aborted when the service stops; the reason is the error that says so. */
  readonly signal: AbortSignal;
  readonly release: () => void;
}

/** How much of something is under way, and how much may be. */
export interface PlacesState {
  readonly taken: number;
  readonly max: number;
}

/** Who uses customers' servers now: one for an instance. */
export interface UpstreamPlaces {
  /**
   * Takes a place until it is released.
   *
   * @throws HeadgateError RATE_LIMITED when the project or the organization has as many as it may, UNAVAILABLE when this
   *   instance has, or stops
   */
  readonly take: (of: Owned, use: UpstreamUse) => Place;
  /** How many places are taken. */
  readonly taken: () => number;
  /** The same by what they were taken for, beside how many there are. */
  readonly state: () => Readonly<Record<UpstreamUse, PlacesState>>;
  /** Gives up whatever is under way, and lets nothing begin any more. */
  readonly stop: () => void;
}

/** All places are free. */
export function createUpstreamPlaces(): UpstreamPlaces {
  const counts = new Map<string, number>();
  const underWay = new Set<AbortController>();
  const stateOf = (use: UpstreamUse) => ({ taken: counts.get(use) ?? 0, max: BOUNDS[use].inAll });
  let stopped: HeadgateError | undefined;
  const count = (key: string, by: number) => {
    const now = (counts.get(key) ?? 0) + by;
    if (now === 0) counts.delete(key);
    else counts.set(key, now);
  };
  return {
    take: (of, use) => {
      if (stopped !== undefined) throw stopped;
      const bounds = boundsOf(of, use);
      const full = bounds.find(({ key, max }) => (counts.get(key) ?? 0) >= max);
      if (full !== undefined) throw full.refusal();
      const place = new AbortController();
      underWay.add(place);
      for (const { key } of bounds) count(key, 1);
      const release = () => {
        if (!underWay.delete(place)) return;
        for (const { key } of bounds) count(key, -1);
      };
      return { signal: place.signal, release };
    },
    taken: () => underWay.size,
    state: () => ({ check: stateOf('check'), introspection: stateOf('introspection') }),
    stop: () => {
      stopped = unavailable('The service is being restarted.');
      for (const place of underWay) place.abort(stopped);
    },
  };
}

/** The narrowest first: whoever is at a bound of their own is told of that one. */
function boundsOf({ org_id: orgId, project_id: projectId }: Owned, use: UpstreamUse) {
  const { what, bound, ofProject, ofOrganization, inAll } = BOUNDS[use];
  const tooMany = (whose: string, max: number) => () =>
    new HeadgateError(
      'RATE_LIMITED',
      `This ${whose} has ${max} ${what} under way, as many as may be at a time. Repeat in ${RETRY_AFTER_SECONDS} seconds.`,
      { retryAfterSeconds: RETRY_AFTER_SECONDS, bound },
    );
  return [
    { key: `${use} ${projectId}`, max: ofProject, refusal: tooMany('project', ofProject) },
    { key: `${use} ${orgId}`, max: ofOrganization, refusal: tooMany('organization', ofOrganization) },
    { key: use, max: inAll, refusal: () => unavailable(`Too many ${what} are under way.`, { bound }) },
  ];
}

/** @throws HeadgateError UNAVAILABLE when what has this signal was given up because the service stops */
export function throwIfStopped({ aborted, reason }: AbortSignal): void {
  if (aborted && reason instanceof HeadgateError) throw reason;
}
