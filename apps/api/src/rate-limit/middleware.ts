/** Holds callers to their limits, around authentication. */
import { HeadgateError, type Actor, type Bound } from '@headgate/core';
import type { MiddlewareHandler } from 'hono';
import { errors } from 'jose';
import { presentedCredential } from '../auth/authenticate.ts';
import type { AppEnv } from '../http/env.ts';
import { setHeader } from '../http/headers.ts';
import { callerAddress } from '../http/request-scope.ts';
import type { RateLimits, Standing } from './rate-limits.ts';

/** Before anything else is done for a request: counts it against its address. */
export function limitAddresses(limits: RateLimits): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const address = callerAddress(c);
    if (address !== undefined) {
      const standing = await limits.countAddress(address);
      if (!standing.isAllowed)
        throw refusal('address_rate', 'Too many requests came from your address.', standing);
    }
    await next();
  };
}

/**
 * Around authentication: counts credentials that were refused against the address, and refuses further requests before
 * theirs are looked at. So a flood of invented tokens reaches neither the issuer nor the database. Credentials that were
 * good of late are let through all the same: a neighbour's mistake behind the same address is not their bearer's.
 */
export function limitFailures(limits: RateLimits): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const address = callerAddress(c);
    if (address === undefined) return await next();
    const standing = await limits.failuresOf(address);
    const credential = standing.isAllowed ? undefined : presentedCredential(c);
    const isKnown = credential !== undefined && c.get('deps').credentials.isRemembered(credential);
    if (!standing.isAllowed && !isKnown) {
      throw refusal(
        'failure_rate',
        'Too many requests with credentials that are not valid, or cannot be checked now, came from your address, yours or those of others behind it.',
        standing,
      );
    }
    await next();
    // What went wrong further in has become an answer by now; onError has left it here.
    if (isOfCredentials(c.get('failure'))) await limits.countFailure(address);
    return;
  };
}

/**
 * Whether credentials were refused, or name a key that nobody knows: the latter are not told that they are bad while the
 * issuer cannot be asked, and may be invented all the same.
 */
function isOfCredentials(failure: unknown): boolean {
  if (!(failure instanceof HeadgateError)) return false;
  return failure.code === 'UNAUTHORIZED' || failure.cause instanceof errors.JWKSNoMatchingKey;
}

/** The names of the policies, as callers read them in `RateLimit`. */
const POLICIES: Record<Actor['kind'], string> = { user: 'user', api_key: 'api-key', operator: 'operator' };

/**
 * After authentication: counts the request against the person or the API key, and tells them where they stand, in the
 * fields of draft-ietf-httpapi-ratelimit-headers-10, also when they are refused.
 */
export function limitActors(limits: RateLimits): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const actor = c.get('actor');
    const standing = await limits.countActor(actor);
    const { quota, windowSeconds, remaining, leftSeconds } = standing;
    const policy = POLICIES[actor.kind];
    setHeader(c, 'RateLimit-Policy', `"${policy}";q=${quota};w=${windowSeconds}`);
    setHeader(c, 'RateLimit', `"${policy}";r=${remaining};t=${leftSeconds}`);
    if (!standing.isAllowed) {
      const message = `You have sent more than ${quota} requests in ${windowSeconds} seconds.`;
      throw refusal('actor_rate', message, standing);
    }
    await next();
  };
}

function refusal(bound: Bound, message: string, { leftSeconds }: Standing): HeadgateError {
  const seconds = `${leftSeconds} second${leftSeconds === 1 ? '' : 's'}`;
  return new HeadgateError('RATE_LIMITED', `${message} Repeat this one in ${seconds}.`, {
    retryAfterSeconds: leftSeconds,
    bound,
  });
}
