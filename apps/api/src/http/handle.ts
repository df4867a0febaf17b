import {
  defineOpenAPIRoute,
  type OpenAPIRoute,
  type RouteConfig,
  type RouteHandler,
} from '@hono/zod-openapi';
import type { AppEnv } from './env.ts';

/** Joins an operation of the contract with what answers it. */
export function handle<R extends RouteConfig>(
  route: R,
  handler: RouteHandler<R, AppEnv>,
): OpenAPIRoute<R, AppEnv, true> {
  return defineOpenAPIRoute<R, AppEnv, true>({ route, handler, addRoute: true });
}
