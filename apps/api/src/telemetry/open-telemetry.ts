import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import { parseDatabaseUrl, type MetricsConfig, type TraceConfig } from '../config/index.ts';
import type { AppEnv } from '../http/env.ts';
import type { Shutdown } from '../shutdown.ts';
import { asListenError } from '../start-errors.ts';
import type { JobRun } from '../upkeep.ts';
import type { Metrics } from './open-metrics.ts';
import type { Parts } from './parts.ts';
import type { Watch } from './watch.ts';

interface TelemetryOptions {
  readonly metrics: MetricsConfig | undefined;
  readonly traces: TraceConfig | undefined;
  readonly imageSha: string;
  readonly databaseUrl: string;
  readonly log: Logger;
  /** Learns how to stop what is opened here. To be stopped after everything that is looked on at. */
  readonly shutdown: Shutdown;
}

/** Whoever looks on at the service, as far as somebody is to be told. */
export interface Telemetry {
  readonly observers: readonly MiddlewareHandler<AppEnv>[];
  /** Undefined where nobody looks on: then nothing is put around anything. */
  readonly watch: Watch | undefined;
  readonly onRun: ((run: JobRun) => void) | undefined;
  /** Tells of these parts too, where metrics are wanted. */
  readonly tellOf: (parts: Parts) => void;
}

/** Opens what is configured, and serves the metrics. What is not is not even loaded: it would cost megabytes. */
export async function openTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const traces = await openTraces(options);
  if (traces !== undefined) await options.shutdown.add(traces.close);
  const metrics = await openMetrics(options);
  if (metrics !== undefined && options.metrics !== undefined) await serve(metrics, options.metrics, options);
  return {
    // The outermost counts what the others take, too.
    observers: [metrics, traces].flatMap((each) => (each === undefined ? [] : [each.observer])),
    watch: both(metrics?.watch, traces?.watch),
    onRun: metrics?.onRun,
    tellOf: (parts) => metrics?.tellOf(parts),
  };
}

async function openTraces({ traces, databaseUrl, log }: TelemetryOptions) {
  if (traces === undefined) return undefined;
  const { openTraces: open } = await import('./open-traces.ts');
  const database = decodeURIComponent(parseDatabaseUrl(databaseUrl)?.pathname.slice(1) ?? '');
  return open({ config: traces, database, log });
}

async function openMetrics({ metrics, imageSha, log }: TelemetryOptions) {
  if (metrics === undefined) return undefined;
  const { openMetrics: open } = await import('./open-metrics.ts');
  return open({ imageSha, log });
}

async function serve(
  metrics: Metrics,
  address: MetricsConfig,
  { log, shutdown }: Pick<TelemetryOptions, 'log' | 'shutdown'>,
): Promise<void> {
  const { url, stop } = await metrics.serve(address).catch((error: unknown) => {
    throw asListenError(error, 'METRICS_');
  });
  await shutdown.add(stop);
  log.info({ origin: url }, 'metrics listening');
}

function both(outer: Watch | undefined, inner: Watch | undefined): Watch | undefined {
  if (outer === undefined || inner === undefined) return outer ?? inner;
  return async (operation, work) => await outer(operation, async () => await inner(operation, work));
}
