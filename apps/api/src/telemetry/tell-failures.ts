import { ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';

const WARN_INTERVAL_MS = 60_000;

/** An exporter that tells the log when spans cannot be sent, at most once a minute, and when they can again. */
export function tellFailures(exporter: SpanExporter, log: Logger): SpanExporter {
  let isFailing = false;
  let warnedAt = -Infinity;
  return {
    export: (spans, onResult) =>
      exporter.export(spans, (result) => {
        if (result.code === ExportResultCode.SUCCESS) {
          if (isFailing) log.info('traces are received again');
          isFailing = false;
        } else {
          isFailing = true;
          if (performance.now() - warnedAt >= WARN_INTERVAL_MS) {
            warnedAt = performance.now();
            log.warn({ err: result.error, lost_spans: spans.length }, 'traces could not be sent');
          }
        }
        onResult(result);
      }),
    forceFlush: async () => await exporter.forceFlush?.(),
    shutdown: async () => await exporter.shutdown(),
  };
}
