import {
  defineOpenAPIRoute,
  type OpenAPIRoute,
  type RouteConfig,
  type RouteHandler,
} from '@hono/zod-openapi';
import type { AppEnv } from './env.ts';
import { requireBody } from './require-body.ts';

/** Joins an operation of the contract with what answers it. */
export function handle<R extends RouteConfig>(
  route: R,
  handler: RouteHandler<R, AppEnv>,
): OpenAPIRoute<R, AppEnv, true> {
  const isNeeded = route.request?.body?.required === true;
  // Its type would have to say that the middleware adds nothing to what the handler sees.
  const checked = isNeeded ? ({ ...route, middleware: requireBody } as R) : route;
  return defineOpenAPIRoute<R, AppEnv, true>({ route: checked, handler, addRoute: true });
}
