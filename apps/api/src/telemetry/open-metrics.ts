import { API_VERSION } from '@headgate/schema';
import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { AppEnv } from '../http/env.ts';
import type { JobRun } from '../upkeep.ts';
import { watchEventLoop } from './event-loop.ts';
import { watchFigures } from './figure-metrics.ts';
import { watchJobs, watchOperations } from './operation-metrics.ts';
import type { Parts } from './parts.ts';
import { watchRequests } from './request-metrics.ts';
import { serveMetrics, type ServedMetrics } from './serve-metrics.ts';
import type { Watch } from './watch.ts';

/** What the library tells of the event loop is the resolution of its timer and the delay together; ours is the delay. */
const NOT_TOLD = 'nodejs_eventloop_lag';
/** Its timer cannot be left out, and need not tick for nobody. */
const SELDOM_MS = 3_600_000;

/** Who looks on at the service for Prometheus. */
export interface Metrics {
  readonly observer: MiddlewareHandler<AppEnv>;
  readonly watch: Watch;
  readonly onRun: (run: JobRun) => void;
  /** Listens for scrapes, at an address of their own. */
  readonly serve: (address: { readonly host: string; readonly port: number }) => Promise<ServedMetrics>;
  /** Tells of these parts from now on. */
  readonly tellOf: (parts: Parts) => void;
}

interface MetricsOptions {
  readonly imageSha: string;
  readonly log: Logger;
}

/** Metrics of this process, and nobody who asks for them yet. */
export function openMetrics({ imageSha, log }: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: SELDOM_MS });
  for (const { name } of registry.getMetricsAsArray()) {
    if (name.startsWith(NOT_TOLD)) registry.removeSingleMetric(name);
  }
  const stopWatchingLoop = watchEventLoop(registry);
  new Gauge({
    name: 'headgate_build_info',
    help: 'What runs: the version of the API, and the image.',
    labelNames: ['version', 'image_sha'],
    registers: [registry],
  }).set({ version: API_VERSION, image_sha: imageSha }, 1);
  return {
    observer: watchRequests(registry),
    watch: watchOperations(registry),
    onRun: watchJobs(registry),
    tellOf: (parts) => watchFigures(registry, parts),
    serve: async (address) => {
      const { url, stop } = await serveMetrics({ ...address, registry, log });
      return {
        url,
        stop: async () => {
          stopWatchingLoop();
          await stop();
        },
      };
    },
  };
}
