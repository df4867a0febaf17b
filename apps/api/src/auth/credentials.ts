import { hash } from 'node:crypto';
import {
  identifyBearer,
  isApiKey,
  learnRoles,
  type Actor,
  type Clock,
  type KeyUse,
  type Store,
} from '@headgate/core';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { MAX_REMEMBERED_KEYS } from '../limits.ts';
import { withinTime } from '../rate-limit/within-time.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** What a token tells of roles can wait for its next use; whoever presents it cannot wait long. */
const LEARN_TIMEOUT_MS = 1_000;

/** Tells who presents a credential, whether a token of the issuer or an API key of ours. */
export interface Credentials {
  /** @throws HeadgateError UNAUTHORIZED with the reason, or UNAVAILABLE when it cannot be told now */
  readonly identify: (credential: string) => Promise<Actor>;
  /** Whether it was good of late: to look at it again costs the issuer nothing, and the database next to nothing. */
  readonly isRemembered: (credential: string) => boolean;
}

interface CredentialsOptions {
  readonly tokens: TokenVerifier;
  readonly store: Store;
  readonly clock: Clock;
  readonly keyUse: KeyUse;
}

export function createCredentials({ tokens, store, clock, keyUse }: CredentialsOptions): Credentials {
  // That a key was good is no more than a hint: whether it is, is asked each time.
  const goodKeys = new LRUCache<string, true>({ max: MAX_REMEMBERED_KEYS });

  async function identifyKey(key: string): Promise<Actor> {
    const name = hash('sha256', key, 'base64');
    try {
      const bearer = await identifyBearer({ store, clock }, key);
      keyUse.touch(bearer.id);
      goodKeys.set(name, true);
      return bearer;
    } catch (error) {
      goodKeys.delete(name);
      throw error;
    }
  }

  return {
    identify: async (credential) =>
      isApiKey(credential) ? await identifyKey(credential) : await tokens.verify(credential),
    isRemembered: (credential) =>
      isApiKey(credential)
        ? goodKeys.has(hash('sha256', credential, 'base64'))
        : tokens.isRemembered(credential),
  };
}

/**
 * Passes on what a token tells of its user's roles to the keys that act with them. Where that fails the token is good
 * all the same; it is not remembered, so that its next use tells again.
 *
 * @returns whether it was passed on
 */
export function roleLearner({ store, log }: { readonly store: Store; readonly log: Logger }) {
  return async (user: Extract<Actor, { kind: 'user' }>): Promise<boolean> => {
    try {
      await withinTime(learnRoles({ store }, user), LEARN_TIMEOUT_MS);
      return true;
    } catch (error) {
      log.warn({ err: error }, 'what a token tells of roles could not be passed on to keys');
      return false;
    }
  };
}
