import { HeadgateError, type Bound, type PlacesState } from '@headgate/core';
import { EXPORT_PLACES, SCHEMA_PLACES, VERIFICATION_PLACES } from '../limits.ts';

/** What takes a place takes it for seconds; the next look for a free one may as well be in a few. */
const RETRY_AFTER_SECONDS = 5;

interface PlacesOptions {
  /** What is counted, in the plural, as the refusal names it. */
  readonly what: string;
  readonly bound: Bound;
  readonly perActor: number;
  readonly all: number;
}

/** The places for something heavy on this instance. */
export interface Places {
  /**
   * Takes a place for an actor.
   *
   * @returns gives it back
   * @throws HeadgateError RATE_LIMITED when the actor has as many as it may, or all are taken
   */
  readonly take: (actor: string) => () => void;
  readonly state: () => PlacesState;
}

function createPlaces({ what, bound, perActor, all }: PlacesOptions): Places {
  const underWay = new Map<string, number>();
  let total = 0;
  return {
    take: (actor) => {
      const held = underWay.get(actor) ?? 0;
      if (held >= perActor) throw noPlace({ what, bound, whose: 'of yours ' });
      if (total >= all) throw noPlace({ what, bound, whose: '' });
      total += 1;
      underWay.set(actor, held + 1);
      return () => {
        total -= 1;
        const left = (underWay.get(actor) ?? 1) - 1;
        if (left === 0) underWay.delete(actor);
        else underWay.set(actor, left);
      };
    },
    state: () => ({ taken: total, max: all }),
  };
}

/** The places of an instance for the operations that are heavy in themselves. */
export interface HeavyPlaces {
  readonly exports: Places;
  readonly schemaReadings: Places;
  readonly verifications: Places;
}

/** All places are free. */
export function createHeavyPlaces(): HeavyPlaces {
  return {
    exports: createPlaces(EXPORT_PLACES),
    schemaReadings: createPlaces(SCHEMA_PLACES),
    verifications: createPlaces(VERIFICATION_PLACES),
  };
}

interface Refused extends Pick<PlacesOptions, 'what' | 'bound'> {
  readonly whose: string;
}

function noPlace({ what, bound, whose }: Refused): HeadgateError {
  return new HeadgateError(
    'RATE_LIMITED',
    `Too many ${what} ${whose}are under way. Repeat this one in ${RETRY_AFTER_SECONDS} seconds.`,
    { retryAfterSeconds: RETRY_AFTER_SECONDS, bound },
  );
}
