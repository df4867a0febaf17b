import type { CheckStep } from '@headgate/schema';
import { toHeadgateError } from '@headgate/core';
import type { Context, MiddlewareHandler } from 'hono';
import { findCaller } from './caller-address.ts';
import type { AppDeps, AppEnv } from './env.ts';
import { SECURITY_HEADERS, setHeader } from './headers.ts';
import { isQuiet } from './quiet-paths.ts';
import { requestIdOf } from './request-id.ts';
import { routeOf } from './route.ts';

/** What surrounds every request: its id, and one log line. */
export function requestScope(deps: AppDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const startedAt = performance.now();
    const requestId = requestIdOf(c.req.header('x-request-id'));
    c.set('requestId', requestId);
    c.set('deps', deps);
    const peer = c.env.incoming.socket.remoteAddress;
    c.set('address', findCaller(peer, c.req.header('x-forwarded-for'), deps.trustedProxies));
    c.env.outgoing.setHeaders(SECURITY_HEADERS);
    setHeader(c, 'X-Request-Id', requestId);
    try {
      await next();
    } finally {
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
  if (failure === undefined && isQuiet(c.req.path)) return;
  const line = {
    request_id: c.get('requestId'),
    trace_id: c.get('traceId'),
    method: c.req.method,
    path: c.req.path,
    route: routeOf(c),
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
