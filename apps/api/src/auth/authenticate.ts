import { HeadgateError, unauthorized } from '@headgate/core';
import type { Context, MiddlewareHandler } from 'hono';
import { MAX_REQUESTS_PER_ACTOR } from '../limits.ts';
import type { AppEnv } from '../http/env.ts';
import type { Credentials } from './credentials.ts';

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;
/** A token without the name of a scheme before it; the name alone is none. */
const BARE_TOKEN = /^(?!Bearer$)[\x21-\x7e]+$/i;
const RETRY_AFTER_SECONDS = 1;

/** Finds out who asks, and holds one actor to its share of the places. */
export function authenticate(credentials: Credentials): MiddlewareHandler<AppEnv> {
  const underWay = new Map<string, number>();
  return async (c, next) => {
    const actor = await credentials.identify(credentialOf(c));
    c.set('actor', actor);
    const name = `${actor.kind} ${actor.id}`;
    const count = (underWay.get(name) ?? 0) + 1;
    if (count > MAX_REQUESTS_PER_ACTOR) {
      throw new HeadgateError(
        'RATE_LIMITED',
        'Too many requests of yours are under way. Repeat this one in 1 second.',
        { retryAfterSeconds: RETRY_AFTER_SECONDS, bound: 'actor_requests' },
      );
    }
    underWay.set(name, count);
    try {
      await next();
    } finally {
      const left = (underWay.get(name) ?? 1) - 1;
      if (left === 0) underWay.delete(name);
      else underWay.set(name, left);
    }
  };
}

/** The token or API key of a request, from `Authorization` (RFC 6750, section 2.1) or else from a header of its own. */
export function presentedCredential(c: Context<AppEnv>): string | undefined {
  const authorization = c.req.header('authorization') ?? '';
  const apiKey = c.req.header('x-api-key') ?? '';
  return BEARER.exec(authorization)?.[1] ?? BARE_TOKEN.exec(apiKey)?.[0];
}

function credentialOf(c: Context<AppEnv>): string {
  const credential = presentedCredential(c);
  if (credential !== undefined) return credential;
  throw unauthorized(
    BARE_TOKEN.test(c.req.header('authorization') ?? '')
      ? 'Put the word Bearer before the token: Authorization: Bearer <token>.'
      : 'Send a token or an API key in the header Authorization: Bearer <token>.',
  );
}
