import { unavailable } from '@headgate/core';
import { OpenAPIHono } from '@hono/zod-openapi';
import { timeout } from 'hono/timeout';
import { authenticate } from './auth/authenticate.ts';
import { corsFor } from './http/cors.ts';
import type { AppDeps, AppEnv } from './http/env.ts';
import { notFoundHandler, onError, validationHook } from './http/errors.ts';
import { limitPlaces } from './http/places.ts';
import { receiveBody } from './http/receive-body.ts';
import { requestScope } from './http/request-scope.ts';
import { REQUEST_TIMEOUT_MS } from './limits.ts';
import { limitActors, limitAddresses, limitFailures } from './rate-limit/middleware.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { auditLogRoutes } from './routes/audit-log.ts';
import { cacheRuleRoutes } from './routes/cache-rules.ts';
import { certificateRoutes } from './routes/certificates.ts';
import { customDomainRoutes } from './routes/custom-domains.ts';
import { databaseCredentialRoutes } from './routes/database-credentials.ts';
import { databaseRoutes } from './routes/databases.ts';
import { documentRoutes } from './routes/documents.ts';
import { healthRoutes } from './routes/health.ts';
import { organizationRoutes } from './routes/organizations.ts';
import { projectRoutes } from './routes/projects.ts';
import { regionRoutes } from './routes/regions.ts';
import { replicaRoutes } from './routes/replicas.ts';
import { replicationSlotRoutes } from './routes/replication-slots.ts';
import { schemaRoutes } from './routes/schemas.ts';

const DATABASE = '/v1/projects/:project_id/databases/:database_id';
/** The operations whose answers take as long as their readers do. */
const EXPORTS = ['organizations/:org_id', 'projects/:project_id'].map((of) => `/v1/${of}/audit-log/export`);
/** Those that read all of a snapshot. */
const SCHEMAS = ['schema', 'schema/diff'].map((of) => `${DATABASE}/${of}`);
/** The one that computes for seconds. */
const VERIFICATION = '/v1/organizations/:org_id/audit-log/verify';

/**
 * The control plane over HTTP. The way of a request: request id, actor, rate limits, validation, handler, verb.
 * Nothing here does I/O: all that is needed comes with `deps`.
 */
export function createApp(deps: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({ defaultHook: validationHook });
  app.onError(onError);
  app.notFound(notFoundHandler);

  for (const observer of deps.observers ?? []) app.use(observer);
  app.use(requestScope(deps));
  if (deps.corsOrigins.length > 0) app.use(corsFor(deps.corsOrigins));
  // Before the limits: a supervisor that is told 429 would take a healthy instance away.
  app.openapiRoutes(healthRoutes);
  app.use(limitAddresses(deps.rateLimits));
  app.route('/', documentRoutes);

  // Hono's timeout throws what this returns; onError knows it.
  app.use(
    '/v1/*',
    timeout(
      REQUEST_TIMEOUT_MS,
      () => unavailable('The request took too long.', { bound: 'request_time' }) as never,
    ),
  );
  app.use(
    '/v1/*',
    limitFailures(deps.rateLimits),
    authenticate(deps.credentials),
    limitActors(deps.rateLimits),
  );
  app.on(['POST', 'PATCH', 'PUT', 'DELETE'], '/v1/*', receiveBody());
  const { exports, schemaReadings, verifications } = deps.heavyPlaces;
  for (const path of EXPORTS) app.get(path, limitPlaces(exports));
  for (const path of SCHEMAS) app.get(path, limitPlaces(schemaReadings));
  app.post(VERIFICATION, limitPlaces(verifications));
  app.openapiRoutes([
    ...organizationRoutes,
    ...auditLogRoutes,
    ...projectRoutes,
    ...databaseRoutes,
    ...databaseCredentialRoutes,
    ...schemaRoutes,
    ...replicaRoutes,
    ...replicationSlotRoutes,
    ...certificateRoutes,
    ...cacheRuleRoutes,
    ...apiKeyRoutes,
    ...customDomainRoutes,
    ...regionRoutes,
  ]);
  return app;
}
