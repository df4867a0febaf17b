import { AsyncLocalStorage } from 'node:async_hooks';
import { API_VERSION } from '@headgate/schema';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import type { TraceConfig } from '../config/index.ts';
import type { AppEnv } from '../http/env.ts';
import { withinTime } from '../rate-limit/within-time.ts';
import type { ActiveSpan } from './active-span.ts';
import { watchBySpans } from './operation-spans.ts';
import { traceRequests } from './request-spans.ts';
import { samplerOf } from './sampler.ts';
import { tellFailures } from './tell-failures.ts';
import type { Watch } from './watch.ts';

/** Spans that wait to be sent: some two megabytes. What comes while they are that many is dropped. */
const MAX_WAITING_SPANS = 2048;
const MAX_SENT_SPANS = 512;
/** What has not been received by then when the service stops is lost: nobody waits longer for it. */
const FLUSH_TIMEOUT_MS = 2_000;
/** A path may be as long as headers may be. */
const MAX_ATTRIBUTE_CHARS = 256;

/** Who looks on at the service for OpenTelemetry. */
export interface Traces {
  readonly observer: MiddlewareHandler<AppEnv>;
  readonly watch: Watch;
  /** Sends what is left, for as long as that may take. */
  readonly close: () => Promise<void>;
}

interface TraceOptions {
  readonly config: TraceConfig;
  /** The name of the metadata database. */
  readonly database: string;
  readonly log: Logger;
}

/**
 * Opens traces. The exporter reads further variables of OpenTelemetry's own from the environment by itself, such as
 * `OTEL_EXPORTER_OTLP_HEADERS`, as does the resource (`OTEL_RESOURCE_ATTRIBUTES`, `OTEL_SERVICE_NAME`). Nothing is
 * registered globally: only what is traced here is.
 */
export function openTraces({ config, database, log }: TraceOptions): Traces {
  const exporter = tellFailures(new OTLPTraceExporter({ url: config.url }), log);
  const provider = new TracerProvider({
    resource: resourceOfService(),
    sampler: samplerOf(config.sampler),
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE_CHARS },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: MAX_WAITING_SPANS,
        maxExportBatchSize: MAX_SENT_SPANS,
        scheduledDelayMillis: config.delayMs,
      }),
    ],
  });
  const tracer = provider.getTracer('headgate', API_VERSION);
  const active: ActiveSpan = new AsyncLocalStorage();
  return {
    observer: traceRequests({ tracer, active }),
    watch: watchBySpans({ tracer, active, database }),
    close: async () => {
      await withinTime(provider.shutdown(), FLUSH_TIMEOUT_MS).catch((error: unknown) => {
        log.warn({ err: error }, 'the last traces could not be sent');
      });
    },
  };
}

/** What the environment says of the service outweighs what stands here. */
function resourceOfService() {
  return defaultResource()
    .merge(
      resourceFromAttributes({
        [ATTR_SERVICE_NAME]: 'headgate',
        [ATTR_SERVICE_VERSION]: API_VERSION,
        [ATTR_SERVICE_INSTANCE_ID]: crypto.randomUUID(),
      }),
    )
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }));
}
