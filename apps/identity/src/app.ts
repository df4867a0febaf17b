import { Hono, type Context } from 'hono';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import { BASE_PATH, CLIENT_IP_HEADER, type Auth } from './auth.ts';
import type { Config } from './config.ts';
import type { Database } from './database.ts';
import { envelope, ShellError, toShellError, type ShellEnv } from './errors.ts';
import type { Logger } from './log.ts';
import {
  limitBody,
  limitInFlight,
  limitTime,
  requestId,
  requestLog,
  standardRetryAfter,
} from './middleware.ts';
import { AUTH_ROUTES, JWKS_PATH } from './routes.ts';
import { tenantWall } from './tenant-wall.ts';

const IN_FLIGHT_MAX = 100;

/** What the shell needs from outside. */
export interface AppDeps {
  readonly auth: Auth;
  readonly config: Config;
  readonly db: Database;
  readonly logger: Logger;
  /** Whether the database can be reached and is migrated. May reject. */
  readonly isReady: () => Promise<boolean>;
}

/** The HTTP shell around Better Auth: bounds, ids, log lines, health, and the list of what is served. Does no I/O. */
export function createApp({ auth, config, db, logger, isReady }: AppDeps): Hono<ShellEnv> {
  const app = new Hono<ShellEnv>();
  const authPaths = [...AUTH_ROUTES.GET, ...AUTH_ROUTES.POST].map((path) => BASE_PATH + path);

  app.use(requestId);
  app.use(requestLog(logger, new Set(['/livez', '/readyz', JWKS_PATH, ...authPaths])));
  app.use(secureHeaders());
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });

  app.get('/livez', (c) => c.json({ status: 'ok' }));
  app.use(limitTime);
  app.get('/readyz', async (c) => {
    const ready = await isReady().catch(() => false);
    if (ready) return c.json({ status: 'ok' });
    throw new ShellError('UNAVAILABLE', 'The database cannot be reached or is not migrated.', 2);
  });

  app.use(limitInFlight(IN_FLIGHT_MAX));
  app.get(JWKS_PATH, async (c) => c.json(await auth.api.getJwks()));

  if (config.trustedOrigins.length > 0) app.use(`${BASE_PATH}/*`, browserAccess(config.trustedOrigins));
  app.use(limitBody);
  app.use(standardRetryAfter);
  app.use(`${BASE_PATH}/organization/*`, tenantWall(auth, db));
  for (const method of ['GET', 'POST'] as const) {
    const paths = AUTH_ROUTES[method].map((path) => BASE_PATH + path);
    app.on(method, paths, async (c) => await auth.handler(await toAuthRequest(c, config)));
  }

  app.notFound((c) =>
    envelope(c, new ShellError('NOT_FOUND', 'There is no such endpoint. The README lists them.')),
  );
  app.onError((error, c) => {
    const answer = toShellError(error);
    if (answer.code === 'INTERNAL_ERROR' || (answer.code === 'UNAVAILABLE' && answer !== error)) {
      logger.error({ request_id: c.get('requestId'), err: error }, 'request failed');
    }
    return envelope(c, answer);
  });
  return app;
}

/** Pages of the trusted origins may call from a browser, with cookies. */
function browserAccess(origins: readonly string[]) {
  return cors({
    origin: [...origins],
    credentials: true,
    allowMethods: ['GET', 'POST'],
    allowHeaders: ['Authorization', 'Content-Type', 'X-Request-Id'],
    exposeHeaders: ['set-auth-token', 'X-Request-Id', 'Retry-After'],
    maxAge: 600,
  });
}

/**
 * The request as Better Auth shall see it: under the public URL whatever Host says, with the body that has been
 * counted, and with the client's address from the connection. X-Forwarded-For is believed only of trusted proxies;
 * otherwise a guesser could be somebody else in every request.
 */
async function toAuthRequest(c: Context<ShellEnv>, config: Config): Promise<Request> {
  const headers = new Headers(c.req.raw.headers);
  const connection = c.env?.incoming?.socket.remoteAddress;
  const forwarded = config.trustedProxies.length > 0 ? c.req.header('X-Forwarded-For') : undefined;
  headers.delete(CLIENT_IP_HEADER);
  // Browsers send Sec-Fetch-Site with every such header. Alone, the others come from programs (Node.js's fetch sends
  // the mode), which Better Auth would take for a browser that hides its origin.
  if (!headers.has('sec-fetch-site'))
    for (const name of ['sec-fetch-mode', 'sec-fetch-dest']) headers.delete(name);
  if (connection !== undefined)
    headers.set(CLIENT_IP_HEADER, forwarded ? `${forwarded}, ${connection}` : connection);
  const url = new URL(c.req.path + new URL(c.req.url).search, config.url);
  const body = c.req.method === 'POST' ? await c.req.text() : '';
  return new Request(url, { method: c.req.method, headers, ...(body !== '' && { body }) });
}
