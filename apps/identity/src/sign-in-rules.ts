import { createHash } from 'node:crypto';
import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthMiddleware } from 'better-auth/api';
import type { RateLimiter } from './rate-limit.ts';

/** Failed sign-ins that one account takes from all addresses together, before it rests for the window. */
const PER_ACCOUNT = { window: 300, max: 20 };
const SIGN_IN = '/sign-in/email';
const SIGN_UP = '/sign-up/email';

/**
 * Two rules around signing in. It must stand after the bearer plugin, whose header it reads.
 *
 * - Guesses are counted per account, whatever address they come from; success forgets them. The per-address limits
 *   in auth.ts do not see a guesser who has many addresses.
 * - The `token` of the answer is the signed session token, the one that `Authorization: Bearer` takes. Better Auth
 *   answers the bare one there, which is what the database holds, and which must open nothing.
 */
export function signInRules(limiter: RateLimiter): BetterAuthPlugin {
  return {
    id: 'headgate-sign-in-rules',
    hooks: {
      before: [
        {
          matcher: (context) => context.path === SIGN_IN,
          handler: createAuthMiddleware(async (ctx) => {
            const key = accountKey(ctx.body);
            if (key === null) return;
            const { allowed, retryAfter } = await limiter.consume(key, PER_ACCOUNT);
            if (allowed) return;
            const body = {
              code: 'TOO_MANY_ATTEMPTS',
              message: 'Too many sign-ins for this account. Wait, then try again.',
            };
            throw new APIError('TOO_MANY_REQUESTS', body, { 'Retry-After': String(retryAfter) });
          }),
        },
      ],
      after: [
        {
          matcher: (context) => context.path === SIGN_IN || context.path === SIGN_UP,
          handler: createAuthMiddleware(async (ctx) => {
            const signed = ctx.context.responseHeaders?.get('set-auth-token');
            const returned = ctx.context.returned;
            if (!signed || typeof returned !== 'object' || returned === null || returned instanceof Error)
              return;
            const key = accountKey(ctx.body);
            if (key !== null) await limiter.forget(key);
            return ctx.json({ ...returned, token: signed });
          }),
        },
      ],
    },
  };
}

/** The address is hashed, so that the counters hold no list of who was tried. */
function accountKey(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('email' in body) || typeof body.email !== 'string')
    return null;
  return `account|${createHash('sha256').update(body.email.toLowerCase()).digest('base64url')}`;
}
