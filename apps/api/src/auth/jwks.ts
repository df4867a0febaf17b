import { unavailable, type Clock } from '@headgate/core';
import {
  createLocalJWKSet,
  errors,
  type CryptoKey,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
} from 'jose';
import type { Logger } from 'pino';
import { unwatched, type Watch } from '../telemetry/watch.ts';

/** Keys older than this are fetched again, behind the requests that use them. */
const FRESH_MS = 5 * 60_000;
/** Keys that cannot be fetched again serve this long: an issuer's outage is not ours. */
const STALE_MS = 60 * 60_000;
/** An issuer that answers is asked no more often than this, whatever tokens come. */
const COOLDOWN_MS = 30_000;
/** One that has failed, or whose keys are too old to be used, is asked sooner: until then tokens are turned away. */
const FAILED_COOLDOWN_MS = 1_000;
const FETCH_TIMEOUT_MS = 5_000;
const MAX_JWKS_CHARS = 512 * 1024;

type LocalKeys = ReturnType<typeof createLocalJWKSet>;

interface KeySetOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Looks on when the issuer is asked. */
  readonly watch?: Watch | undefined;
}

/** The issuer's public keys: fetched, kept, and refreshed within bounds. */
export interface KeySet {
  /** Changes whenever the keys do: what was verified under older ones must be verified again. */
  readonly generation: () => number;
  /** Resolves when there are keys to verify with; fails with UNAVAILABLE when there are none. */
  readonly ready: () => Promise<void>;
  /**
   * The key that a token names. An unknown one makes the keys be fetched again, at most once in 30 s.
   *
   * @throws JWKSNoMatchingKey when the issuer has no such key, HeadgateError UNAVAILABLE when it could not be asked
   */
  readonly keyFor: (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;
  readonly state: () => KeySetState;
}

/** What is known of the issuer's keys. */
export interface KeySetState {
  /** How many keys there are to verify with; 0 also when they are too old to be used. */
  readonly keys: number;
  /** Since they were last fetched; undefined when they never were. */
  readonly ageSeconds: number | undefined;
  /** How often the issuer did not give any, since the start of the process. */
  readonly failures: number;
}

/** A set of keys that is fetched from this URL when first needed. */
export function createKeySet({ url, clock, log, watch = unwatched }: KeySetOptions): KeySet {
  let keys: LocalKeys | undefined;
  let text = '';
  let generation = 0;
  let failures = 0;
  let fetchedAt = -Infinity;
  let askedAt = -Infinity;
  let isFailing = false;
  let underWay: Promise<void> | undefined;

  const now = () => clock.now().getTime();
  /** A time that lies ahead was taken by a clock that has been set back since: then it is time to ask again. */
  const since = (time: number) => (now() >= time ? now() - time : FRESH_MS);
  const isUsable = () => keys !== undefined && since(fetchedAt) < STALE_MS;

  /** Asks the issuer unless that was done a moment ago; those who come meanwhile share the answer. */
  function refresh(): Promise<void> {
    const cooldown = isUsable() && !isFailing ? COOLDOWN_MS : FAILED_COOLDOWN_MS;
    if (underWay === undefined && since(askedAt) >= cooldown) {
      askedAt = now();
      underWay = watch({ name: 'issuer.fetch_keys' }, async () => await fetchKeys(url))
        .then(take)
        .catch((error: unknown) => {
          failures += 1;
          isFailing = true;
          log.warn({ err: error, jwks_url: url }, 'the keys of the issuer could not be fetched');
        })
        .finally(() => {
          underWay = undefined;
        });
    }
    return underWay ?? Promise.resolve();
  }

  function take(fetched: { keys: LocalKeys; text: string }): void {
    fetchedAt = now();
    isFailing = false;
    if (fetched.text === text) return;
    ({ keys, text } = fetched);
    generation += 1;
  }

  async function ready(): Promise<void> {
    if (isUsable()) {
      if (since(fetchedAt) >= FRESH_MS) void refresh();
      return;
    }
    await refresh();
    if (!isUsable()) throw unavailable("The token issuer's keys cannot be fetched.");
  }

  async function keyFor(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    await ready();
    try {
      return await find(keys, header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh();
      return await find(keys, header, token).catch((again: unknown) => {
        // Whether there is such a key by now, nobody can tell: whoever holds a good token must not be told that it is not.
        throw isFailing ? unavailable("The token issuer's keys cannot be fetched.", { cause: error }) : again;
      });
    }
  }

  function state(): KeySetState {
    const count = isUsable() ? (keys?.jwks().keys.length ?? 0) : 0;
    const ageSeconds = keys === undefined ? undefined : since(fetchedAt) / 1000;
    return { keys: count, ageSeconds, failures };
  }

  return { generation: () => generation, ready, keyFor, state };
}

async function find(
  keys: LocalKeys | undefined,
  header: JWSHeaderParameters,
  token: FlattenedJWSInput,
): Promise<CryptoKey> {
  // A token must say which key signed it: a set of one key is no reason to guess.
  if (keys === undefined || typeof header.kid !== 'string') throw new errors.JWKSNoMatchingKey();
  return await keys(header, token);
}

async function fetchKeys(url: string): Promise<{ keys: LocalKeys; text: string }> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
  const text = await readBounded(response);
  const keys = createLocalJWKSet(JSON.parse(text) as Parameters<typeof createLocalJWKSet>[0]);
  // An issuer without a key could sign nothing: it is as broken as one that answers something else.
  if (keys.jwks().keys.length === 0) throw new Error('the issuer publishes no keys');
  return { keys, text };
}

async function readBounded(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MAX_JWKS_CHARS) throw new Error('the JWKS of the issuer is too large');
  }
  return text;
}
