import { MAX_PORT } from '@headgate/schema';
import { ConfigError } from './error.ts';
import { readInteger, readOneOf } from './values.ts';

type Get = (name: string) => string | undefined;

/** Where the metrics are served. */
export interface MetricsConfig {
  readonly host: string;
  readonly port: number;
}

/** Undefined when nobody is to be told. Who can reach the API is not to reach the metrics, so they have another port. */
export function readMetrics(get: Get, apiPort: number): MetricsConfig | undefined {
  const text = get('METRICS_PORT');
  if (text === undefined) return undefined;
  const port = readInteger('METRICS_PORT', text, { min: 0, max: MAX_PORT, absent: 0 });
  if (port === apiPort && port !== 0)
    throw new ConfigError('METRICS_PORT', 'give another port than PORT; the metrics have one of their own');
  return { host: get('METRICS_HOST') ?? '127.0.0.1', port };
}

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export interface SamplerConfig {
  readonly name: (typeof SAMPLERS)[number];
  /** Of traces, the part that is kept, where the sampler keeps a part. */
  readonly ratio: number;
}

/** Where traces are sent, and which. */
export interface TraceConfig {
  /** Where spans are posted to. */
  readonly url: string;
  /** How long a span waits for others to be posted with it, at most. */
  readonly delayMs: number;
  readonly sampler: SamplerConfig;
}

const SCHEDULE_DELAY_MS = { min: 1, max: 60_000, absent: 5_000 };

/**
 * The variables and their forms are those of OpenTelemetry's specification (Environment Variable Specification, OTLP
 * Exporter Configuration). Undefined when nobody is to be told.
 */
export function readTraces(get: Get): TraceConfig | undefined {
  const endpoint = get('OTEL_EXPORTER_OTLP_ENDPOINT');
  // A platform may tell all of its programs how to send what this one is not asked for.
  if (endpoint === undefined) return undefined;
  const protocol = get('OTEL_EXPORTER_OTLP_PROTOCOL') ?? 'http/protobuf';
  if (protocol !== 'http/protobuf')
    throw new ConfigError('OTEL_EXPORTER_OTLP_PROTOCOL', 'give http/protobuf; no other is spoken');
  const sampler = readSampler(get);
  const delayMs = readInteger('OTEL_BSP_SCHEDULE_DELAY', get('OTEL_BSP_SCHEDULE_DELAY'), SCHEDULE_DELAY_MS);
  return { url: readEndpoint(endpoint), sampler, delayMs };
}

function readEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && url.username === '' && url.password === '' && url.search === '';
  if (!isPlain || url.hash !== '' || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'give the http or https URL of an OTLP receiver, such as http://127.0.0.1:4318; credentials for it stand in OTEL_EXPORTER_OTLP_HEADERS',
    );
  }
  return `${url.href.replace(/\/$/, '')}/v1/traces`;
}

function readSampler(get: Get): SamplerConfig {
  const name = readOneOf(
    'OTEL_TRACES_SAMPLER',
    get('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on',
    SAMPLERS,
  );
  const text = get('OTEL_TRACES_SAMPLER_ARG') ?? '1';
  if (!/^(0(\.\d+)?|1(\.0+)?)$/.test(text))
    throw new ConfigError('OTEL_TRACES_SAMPLER_ARG', 'give a number from 0 to 1, such as 0.1');
  return { name, ratio: Number(text) };
}
