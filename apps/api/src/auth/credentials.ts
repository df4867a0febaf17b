import {
  identifyBearer,
  isApiKey,
  learnRoles,
  type Actor,
  type Clock,
  type KeyUse,
  type Store,
} from '@headgate/core';
import type { Logger } from 'pino';
import type { TokenVerifier } from './token-verifier.ts';

/** Tells who presents a credential, whether a token of the issuer or an API key of ours. */
export interface Credentials {
  /** @throws HeadgateError UNAUTHORIZED with the reason, or UNAVAILABLE when it cannot be told now */
  readonly identify: (credential: string) => Promise<Actor>;
}

interface CredentialsOptions {
  readonly tokens: TokenVerifier;
  readonly store: Store;
  readonly clock: Clock;
  readonly keyUse: KeyUse;
}

export function createCredentials({ tokens, store, clock, keyUse }: CredentialsOptions): Credentials {
  return {
    identify: async (credential) => {
      if (!isApiKey(credential)) return await tokens.verify(credential);
      const bearer = await identifyBearer({ store, clock }, credential);
      keyUse.touch(bearer.id);
      return bearer;
    },
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
      await learnRoles({ store }, user);
      return true;
    } catch (error) {
      log.warn({ err: error }, 'what a token tells of roles could not be passed on to keys');
      return false;
    }
  };
}
