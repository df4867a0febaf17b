import { hash } from 'node:crypto';
import { unauthorized, type Clock, type User } from '@headgate/core';
import { errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { MAX_REMEMBERED_TOKENS, MAX_REMEMBERED_TOKEN_CHARS } from '../limits.ts';
import { resolvePointer, userOf } from './claims.ts';
import type { KeySet } from './jwks.ts';

/** Signatures that only the holder of a private key can make: a public key must never verify one that it could make. */
const ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
];
/** Two machines' clocks differ a little. */
const CLOCK_TOLERANCE_SECONDS = 5;

export interface TokenVerifier {
  /**
   * The user of a token.
   *
   * @throws HeadgateError UNAUTHORIZED with the reason, or UNAVAILABLE when there are no keys to verify it with
   */
  readonly verify: (token: string) => Promise<User>;
  /** Whether it was verified before and still stands, so that nobody has to be asked. */
  readonly isRemembered: (token: string) => boolean;
}

interface VerifierOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly orgsClaim: string;
  readonly keySet: KeySet;
  readonly clock: Clock;
  /** Hears of each user whose token was not remembered; false when it must hear of it again. */
  readonly onVerified?: (user: User) => Promise<boolean>;
}

interface Remembered {
  readonly user: User;
  /** Whether the token tells of the user's roles, and when. One without organizations says nothing of them. */
  readonly isTelling: boolean;
  readonly expiresAtMs: number;
}

/**
 * Verifies tokens and remembers those that it has verified, by their hash, until they expire or the issuer's keys
 * change: a signature costs more than all the rest of a read.
 */
export function createTokenVerifier(options: VerifierOptions): TokenVerifier {
  const { keySet, clock } = options;
  const remembered = new LRUCache<string, Remembered>({
    max: MAX_REMEMBERED_TOKENS,
    maxSize: MAX_REMEMBERED_TOKEN_CHARS,
  });
  let generation = keySet.generation();

  function recall(key: string): User | undefined {
    if (generation !== keySet.generation()) {
      remembered.clear();
      generation = keySet.generation();
    }
    const known = remembered.get(key);
    return known !== undefined && known.expiresAtMs > clock.now().getTime() ? known.user : undefined;
  }

  return {
    isRemembered: (token) => recall(hash('sha256', token, 'base64')) !== undefined,
    verify: async (token) => {
      await keySet.ready();
      const key = hash('sha256', token, 'base64');
      const known = recall(key);
      if (known !== undefined) return known;
      const verified = await verify(token, options);
      const isHeard = !verified.isTelling || ((await options.onVerified?.(verified.user)) ?? true);
      // Under keys that have been replaced meanwhile it would outlive them. What is kept is no larger than the token.
      if (isHeard && generation === keySet.generation())
        remembered.set(key, verified, { size: token.length });
      return verified.user;
    },
  };
}

async function verify(
  token: string,
  { issuer, audience, orgsClaim, keySet, clock }: VerifierOptions,
): Promise<Remembered> {
  try {
    const { payload } = await jwtVerify(token, keySet.keyFor, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: clock.now(),
    });
    const user = userOf(payload, orgsClaim, clock.now());
    if (user === undefined)
      throw unauthorized(`The token's sub, or its organizations at ${orgsClaim}, are malformed.`);
    const isTelling = payload.iat !== undefined && resolvePointer(payload, orgsClaim) !== undefined;
    return { user, isTelling, expiresAtMs: ((payload.exp ?? 0) + CLOCK_TOLERANCE_SECONDS) * 1000 };
  } catch (error) {
    throw error instanceof errors.JOSEError ? unauthorized(reasonOf(error), error) : error;
  }
}

/** What the holder of a token may know of why it was refused, and should do. */
function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired)
    return 'The token has expired. Sign in again and send the new token.';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return 'The token is not valid yet.';
    if (error.claim === 'iss')
      return 'The token is of another issuer. Sign in where this service expects it.';
    if (error.claim === 'aud') return 'The token is for another service (audience).';
    return `The token has no valid claim ${JSON.stringify(error.claim)}.`;
  }
  if (error instanceof errors.JWKSNoMatchingKey)
    return 'The token names a key that its issuer does not publish.';
  if (error instanceof errors.JOSEAlgNotAllowed)
    return 'The token is signed with an algorithm that is not accepted.';
  return 'The token is malformed or its signature is wrong. (API keys begin with hgo_ or hgp_.)';
}
