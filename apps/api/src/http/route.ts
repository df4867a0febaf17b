import * as operations from '@headgate/schema/operations';
import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { AppEnv } from './env.ts';

/** What stands for every path and every method that is none of ours, however many of them callers send. */
export const OTHER = 'other';

/** The contract's paths, by the form that the framework knows them in. */
const PATHS = new Map<string, string>(
  Object.values(operations)
    .filter((entry) => 'operationId' in entry)
    .map((route) => [route.getRoutingPath(), route.path] as const),
);
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * The path of the contract that a request is for, such as `/v1/projects/{project_id}`, also when it is refused before
 * it gets there.
 */
export function routeOf(c: Context<AppEnv>): string {
  // What surrounds the operations matches too, before them and behind them.
  const route = matchedRoutes(c).findLast(({ path }) => PATHS.has(path));
  return PATHS.get(route?.path ?? '') ?? OTHER;
}

export function methodOf(c: Context<AppEnv>): string {
  return METHODS.has(c.req.method) ? c.req.method : OTHER;
}
