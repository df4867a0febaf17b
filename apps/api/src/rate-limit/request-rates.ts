import { readRequestRates, type Actor, type Clock, type Settings, type Store } from '@headgate/core';
import { LRUCache } from 'lru-cache';
import { MAX_REMEMBERED_ORGANIZATIONS } from '../limits.ts';
import { withinTime } from './within-time.ts';

/** As late as an operator's new word on an organization may be heard. */
const REMEMBERED_MS = 30_000;
/** After a read that failed; the default, or what was known before, holds until then. */
const RETRY_MS = 5_000;
/** No request waits longer for it. */
const READ_TIMEOUT_MS = 250;

/** Says how many requests per second an actor may send: the most of what its organizations may. */
export type RequestRates = (actor: Actor) => number | Promise<number>;

interface RateOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Settings;
}

interface Remembered {
  /** Undefined where the default holds. */
  own: number | undefined;
  expiresAtMs: number;
  /** Those who come meanwhile share the read. */
  reading: Promise<void> | undefined;
}

/**
 * Remembers what operators have said of organizations. When it cannot be read, the default holds: who is known to us
 * is not refused because a limit is not.
 */
export function createRequestRates({ store, clock, settings }: RateOptions): RequestRates {
  const remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED_ORGANIZATIONS });
  const standard = settings.limits.requests_per_second;

  function highestOf({ organizations }: Actor): number {
    if (organizations.length === 0) return standard;
    let highest = 0;
    for (const { id } of organizations) highest = Math.max(highest, remembered.get(id)?.own ?? standard);
    return highest;
  }

  /** Starts to read what is not known, or no longer, and gives back what is still being read. */
  function readingFor({ organizations }: Actor): Promise<void>[] {
    const now = clock.now().getTime();
    const [unknown, reads]: [string[], Set<Promise<void>>] = [[], new Set()];
    for (const { id } of organizations) {
      const known = remembered.get(id);
      if (known?.reading !== undefined) reads.add(known.reading);
      else if (known === undefined || isOver(known, now)) unknown.push(id);
    }
    if (unknown.length > 0) reads.add(read(unknown));
    return [...reads];
  }

  /** Also of what a clock has kept that was set back since. */
  function isOver({ expiresAtMs }: Remembered, now: number): boolean {
    return expiresAtMs <= now || expiresAtMs - now > REMEMBERED_MS;
  }

  function read(orgIds: readonly string[]): Promise<void> {
    const reading = readRequestRates(store, orgIds).then(
      (rates) => take(orgIds, REMEMBERED_MS, (id) => rates.get(id)),
      () => take(orgIds, RETRY_MS, (id) => remembered.get(id)?.own),
    );
    for (const id of orgIds) {
      remembered.set(id, { own: remembered.get(id)?.own, expiresAtMs: 0, reading });
    }
    return reading;
  }

  function take(orgIds: readonly string[], forMs: number, ownOf: (id: string) => number | undefined): void {
    const expiresAtMs = clock.now().getTime() + forMs;
    for (const id of orgIds) remembered.set(id, { own: ownOf(id), expiresAtMs, reading: undefined });
  }

  return (actor) => {
    const reads = readingFor(actor);
    if (reads.length === 0) return highestOf(actor);
    const settled = withinTime(Promise.all(reads), READ_TIMEOUT_MS);
    return settled.catch(() => {}).then(() => highestOf(actor));
  };
}
