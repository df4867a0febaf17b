import { betterAuth, type BetterAuthOptions } from 'better-auth';
import { bearer } from 'better-auth/plugins/bearer';
import { jwt } from 'better-auth/plugins/jwt';
import { PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH, type Config } from './config.ts';
import { SCHEMA, type Database } from './database.ts';
import { betterAuthLogger, type Logger } from './log.ts';
import { organizationPlugin } from './organization-rules.ts';
import { createRateLimiter } from './rate-limit.ts';
import { signInRules } from './sign-in-rules.ts';
import { jwtOptions } from './tokens.ts';

/** Where Better Auth's endpoints stand under the public URL. */
export const BASE_PATH = '/auth';
/** The header in which the shell hands over the client's address; what a client sends under this name is dropped. */
export const CLIENT_IP_HEADER = 'x-headgate-client-ip';

const SESSION_TTL_SECONDS = 7 * 86_400;

/** What the authentication needs from outside. */
export interface AuthDeps {
  readonly config: Config;
  readonly db: Database;
  readonly logger: Logger;
}

/**
 * Better Auth's options. Whatever instances must agree on lives in the database: sessions (no cookie cache), keys,
 * and rate-limit counters.
 */
export function authOptions({ config, db, logger }: AuthDeps) {
  const limiter = createRateLimiter(db);
  return {
    appName: 'Headgate',
    baseURL: config.url,
    basePath: BASE_PATH,
    // Given as a list, because Better Auth prefers its own environment variable to a plain `secret`.
    secrets: [{ version: 1, value: config.secret }],
    database: { db, type: 'postgres', schemaName: SCHEMA, transaction: true },
    trustedOrigins: [...config.trustedOrigins],
    emailAndPassword: {
      enabled: true,
      disableSignUp: config.signUp === 'closed',
      minPasswordLength: PASSWORD_MIN_LENGTH,
      maxPasswordLength: PASSWORD_MAX_LENGTH,
    },
    session: { expiresIn: SESSION_TTL_SECONDS, cookieCache: { enabled: false } },
    rateLimit: {
      enabled: true,
      // "database" makes the migration create the table; the counting in it is ours (see rate-limit.ts).
      storage: 'database',
      customStorage: { consume: limiter.consume },
      window: 60,
      max: 300,
      customRules: {
        '/sign-in/email': { window: 60, max: 10 },
        '/sign-up/email': { window: 600, max: 20 },
        '/change-password': { window: 60, max: 5 },
        '/token': { window: 60, max: 600 },
      },
    },
    advanced: {
      cookiePrefix: 'headgate',
      useSecureCookies: config.url.startsWith('https:'),
      // Said outright, because Better Auth turns these checks off by itself when NODE_ENV is "test".
      disableCSRFCheck: false,
      disableOriginCheck: false,
      ipAddress: { ipAddressHeaders: [CLIENT_IP_HEADER], trustedProxies: [...config.trustedProxies] },
      // The migration is the check: /readyz compares the tables with the plan (see migrate.ts).
      database: { validateSchema: false },
    },
    telemetry: { enabled: false },
    logger: betterAuthLogger(logger),
    onAPIError: {
      // A refusal becomes its answer; anything else goes to the shell, which answers 500 and logs it described.
      // Left alone, Better Auth's router prints the whole error on the console.
      onError(error) {
        if (!isRefusal(error)) throw error;
      },
    },
    plugins: [
      // Without the signature, a token read from a stolen copy of the database would sign its reader in.
      bearer({ requireSignature: true }),
      jwt(jwtOptions(config, db)),
      organizationPlugin(db),
      signInRules(limiter),
    ],
  } satisfies BetterAuthOptions;
}

/** Builds the authentication over a migrated database. */
export function createAuth(deps: AuthDeps) {
  return betterAuth(authOptions(deps));
}

/** Better Auth with this service's plugins. */
export type Auth = ReturnType<typeof createAuth>;

function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'APIError';
}
