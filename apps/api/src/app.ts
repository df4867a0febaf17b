import { unavailable } from '@headgate/core';
import { OpenAPIHono } from '@hono/zod-openapi';
import { cors } from 'hono/cors';
import { timeout } from 'hono/timeout';
import { authenticate } from './auth/authenticate.ts';
import type { AppDeps, AppEnv } from './http/env.ts';
import { notFoundHandler, onError, validationHook } from './http/errors.ts';
import { receiveBody } from './http/receive-body.ts';
import { requestScope } from './http/request-scope.ts';
import { REQUEST_TIMEOUT_MS } from './limits.ts';
import { databaseRoutes } from './routes/databases.ts';
import { documentRoutes } from './routes/documents.ts';
import { healthRoutes } from './routes/health.ts';
import { projectRoutes } from './routes/projects.ts';
import { regionRoutes } from './routes/regions.ts';

/**
 * The control plane over HTTP. The way of a request: request id, actor, validation, handler, verb. Nothing here does
 * I/O: all that is needed comes with `deps`.
 */
export function createApp(deps: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({ defaultHook: validationHook });
  app.onError(onError);
  app.notFound(notFoundHandler);

  app.use(requestScope(deps));
  if (deps.corsOrigins.length > 0) app.use(corsFor(deps.corsOrigins));
  app.openapiRoutes(healthRoutes);
  app.route('/', documentRoutes);

  // Hono's timeout throws what this returns; onError knows it.
  app.use(
    '/v1/*',
    timeout(REQUEST_TIMEOUT_MS, () => unavailable('The request took too long.') as never),
  );
  app.use('/v1/*', authenticate(deps.tokens));
  app.on(['POST', 'PATCH'], '/v1/*', receiveBody());
  app.openapiRoutes([...projectRoutes, ...databaseRoutes, ...regionRoutes]);
  return app;
}

function corsFor(origins: readonly string[]) {
  return cors({
    origin: [...origins],
    allowHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'If-None-Match',
      'X-API-Key',
      'X-Request-Id',
    ],
    allowMethods: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'],
    exposeHeaders: ['ETag', 'Location', 'Retry-After', 'X-Request-Id', 'Idempotency-Replayed'],
    maxAge: 600,
  });
}
