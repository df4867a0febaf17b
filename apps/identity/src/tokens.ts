import type { JwtOptions } from 'better-auth/plugins/jwt';
import { TOKEN_TTL_MAX_SECONDS, type Config } from './config.ts';
import type { Database } from './database.ts';
import { readOrgsClaim } from './orgs-claim.ts';

/** A key signs for so long; the first token after that is signed with a new one. */
const ROTATION_SECONDS = 30 * 86_400;
/** A key that signs no more stays published for so long: twice the longest life of a token. */
export const GRACE_SECONDS = 2 * TOKEN_TTL_MAX_SECONDS;

/**
 * How tokens are made: ES256, because every verifier knows it; private keys are encrypted with the secret.
 *
 * The `orgs` claim is read when the token is issued, and no other personal data enters the token.
 */
export function jwtOptions(config: Pick<Config, 'url' | 'audience' | 'tokenTtlSeconds'>, db: Database) {
  return {
    disableSettingJwtHeader: true,
    jwks: {
      keyPairConfig: { alg: 'ES256' },
      rotationInterval: ROTATION_SECONDS,
      gracePeriod: GRACE_SECONDS,
    },
    jwt: {
      issuer: config.url,
      audience: config.audience,
      expirationTime: `${config.tokenTtlSeconds}s`,
      definePayload: async ({ user }) => ({ orgs: await readOrgsClaim(db, user.id) }),
    },
  } satisfies JwtOptions;
}
