import { BOUNDS, HeadgateError } from '@headgate/core';
import { ERROR_CODES } from '@headgate/schema';
import type { Context, MiddlewareHandler } from 'hono';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AppEnv } from '../http/env.ts';
import { DURATION_BUCKETS_SECONDS } from './buckets.ts';
import { methodOf, routeOf } from '../http/route.ts';

/**
 * Counts requests and measures how long they take. What is told of them is of the contract's words alone: callers can
 * make no series of their own.
 *
 * @returns what surrounds every request
 */
export function watchRequests(registry: Registry): MiddlewareHandler<AppEnv> {
  const registers = [registry];
  const requests = new Counter({
    name: 'headgate_http_requests_total',
    help: 'Requests that were answered, by the path of the contract ("other" where there is none), method and status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'headgate_http_request_duration_seconds',
    help: 'From the arrival of the head of a request to its answer, or to the beginning of one that is streamed.',
    labelNames: ['method', 'route'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  });
  const underWay = new Gauge({
    name: 'headgate_http_requests_under_way',
    help: 'Requests that are not answered yet.',
    registers,
  });
  const errors = new Counter({
    name: 'headgate_http_errors_total',
    help: 'Requests that were answered with an error, by its code.',
    labelNames: ['code'],
    registers,
  });
  const refusals = new Counter({
    name: 'headgate_http_refusals_total',
    help: 'Requests that were refused because they met a bound (a rate, requests or other things under way, a time), by the bound.',
    labelNames: ['bound'],
    registers,
  });
  // There from the start: a first one must be seen as a rise.
  for (const code of Object.keys(ERROR_CODES)) errors.inc({ code }, 0);
  for (const bound of BOUNDS) refusals.inc({ bound }, 0);
  const count = (c: Context<AppEnv>, seconds: number) => {
    const [method, route] = [methodOf(c), routeOf(c)];
    requests.inc({ method, route, status: c.res.status });
    durations.observe({ method, route }, seconds);
    const failure: unknown = c.get('failure');
    if (!(failure instanceof HeadgateError)) return;
    errors.inc({ code: failure.code });
    if (failure.bound !== undefined) refusals.inc({ bound: failure.bound });
  };
  return async (c, next) => {
    const startedAt = performance.now();
    underWay.inc();
    try {
      await next();
    } finally {
      underWay.dec();
      count(c, (performance.now() - startedAt) / 1000);
    }
  };
}
