import { REQUEST_ID_PATTERN, type CheckStep } from '@headgate/schema';
import { toHeadgateError, unavailable } from '@headgate/core';
import type { Context, MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { MAX_REQUESTS_UNDER_WAY } from '../limits.ts';
import { findCaller } from './caller-address.ts';
import type { AppDeps, AppEnv } from './env.ts';
import { SECURITY_HEADERS, setHeader } from './headers.ts';

/** Asked by supervisors every few seconds: not worth a line each while all is well. */
const QUIET_PATHS = new Set(['/livez', '/readyz']);

/**
 * What surrounds every request: its id, the bound on how many are under way, and one log line. The id is the caller's
 * where it is well-formed, so that a request can be followed through several services.
 */
export function requestScope(deps: AppDeps): MiddlewareHandler<AppEnv> {
  let underWay = 0;
  return async (c, next) => {
    const startedAt = performance.now();
    const given = c.req.header('x-request-id');
    const requestId = given !== undefined && REQUEST_ID_PATTERN.test(given) ? given : crypto.randomUUID();
    c.set('requestId', requestId);
    c.set('deps', deps);
    const peer = c.env.incoming.socket.remoteAddress;
    c.set('address', findCaller(peer, c.req.header('x-forwarded-for'), deps.trustedProxies));
    c.env.outgoing.setHeaders(SECURITY_HEADERS);
    setHeader(c, 'X-Request-Id', requestId);
    underWay += 1;
    try {
      if (underWay > MAX_REQUESTS_UNDER_WAY && !QUIET_PATHS.has(c.req.path))
        throw unavailable('Too many requests are under way.');
      await next();
    } finally {
      underWay -= 1;
      // What is left unread of a refused body makes the connection useless for a next request, and one that is kept
      // would bring further requests to a process that is about to end: say so.
      if (!c.env.incoming.complete || deps.isDraining()) setHeader(c, 'Connection', 'close');
      logRequest(c, deps, performance.now() - startedAt);
    }
  };
}

function logRequest(c: Context<AppEnv>, { log, isDraining }: AppDeps, durationMs: number): void {
  const { status } = c.res;
  const failure: unknown = c.get('failure');
  if (failure === undefined && QUIET_PATHS.has(c.req.path)) return;
  const line = {
    request_id: c.get('requestId'),
    method: c.req.method,
    path: c.req.path,
    route: routePath(c, -1),
    status,
    duration_ms: Math.round(durationMs * 100) / 100,
    address: callerAddress(c),
    actor_kind: c.get('actor')?.kind,
    actor_id: c.get('actor')?.id,
    // An answer that nobody waited for any more.
    ...(c.env.incoming.socket.destroyed && { aborted: true }),
    ...describeChecks(c.get('checks')),
    ...(failure !== undefined && describeFailure(failure, status)),
  };
  // What is given up because the process is to end is no fault of anybody's.
  if (status >= 500 && !(status === 503 && isDraining())) log.error(line, 'request');
  else log.info(line, 'request');
}

/** A caller's fault is told in a line; where it was found matters for those of ours, and would let anyone fill the log. */
function describeFailure(failure: unknown, status: number) {
  const { code, cause, checks } = toHeadgateError(failure);
  const described = { error_code: code, ...describeChecks(checks) };
  if (!(cause instanceof Error)) return described;
  return { ...described, ...(status >= 500 ? { err: cause } : { reason: cause.message }) };
}

/** Where an upstream could not be used, and under which code: what its server says is told to the caller alone. */
function describeChecks(checks: readonly CheckStep[] | undefined) {
  const failed = checks?.find(({ outcome }) => outcome === 'failed');
  return failed && { upstream_step: failed.name, upstream_code: failed.code };
}

/** The caller's address; undefined when the connection had been closed before its request was looked at. */
export function callerAddress(c: Context<AppEnv>): string | undefined {
  return c.get('address');
}
