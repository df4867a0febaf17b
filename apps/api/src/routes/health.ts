import { API_VERSION } from '@headgate/schema';
import * as operations from '@headgate/schema/operations';
import type { AppDeps } from '../http/env.ts';
import { setHeader } from '../http/headers.ts';
import { handle } from '../http/handle.ts';

const RETRY_AFTER_SECONDS = '5';

export const healthRoutes = [
  handle(operations.getHealth, async (c) => {
    const deps = c.get('deps');
    const { database, keys } = await checkServices(deps);
    const view = {
      status: database === 'ok' && keys === 'ok' ? ('ok' as const) : ('degraded' as const),
      version: API_VERSION,
      image_sha: deps.imageSha,
      timestamp: deps.clock.now().toISOString(),
    };
    return c.json(view, 200);
  }),
  handle(operations.getLiveness, (c) => c.json({ status: 'ok' as const }, 200)),
  handle(operations.getReadiness, async (c) => {
    const deps = c.get('deps');
    const checks = {
      ...(await checkServices(deps)),
      accepting: deps.isDraining() ? ('failed' as const) : ('ok' as const),
    };
    if (Object.values(checks).every((check) => check === 'ok'))
      return c.json({ status: 'ready' as const, checks }, 200);
    setHeader(c, 'Retry-After', RETRY_AFTER_SECONDS);
    return c.json({ status: 'not_ready' as const, checks }, 503);
  }),
] as const;

type Checks = Awaited<ReturnType<typeof check>>;

/** Those who ask meanwhile share the answer: anyone may ask as often as they like, and the database is asked once. */
const underWay = new WeakMap<AppDeps, Promise<Checks>>();

function checkServices(deps: AppDeps): Promise<Checks> {
  const known = underWay.get(deps);
  if (known !== undefined) return known;
  const checking = check(deps).finally(() => underWay.delete(deps));
  underWay.set(deps, checking);
  return checking;
}

async function check({ store, keySet }: AppDeps) {
  const [database, keys] = await Promise.all([outcome(store.checkReady()), outcome(keySet.ready())]);
  return { database, keys };
}

async function outcome(check: Promise<void>): Promise<'ok' | 'failed'> {
  return await check.then(
    () => 'ok' as const,
    () => 'failed' as const,
  );
}
