import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../src/config/index.ts';

const read = (env: Record<string, string>) => readConfig(env, '/default/.headgate');

/** The error of an environment, which must be one line of the form `VARIABLE: remedy`. */
function refusalOf(env: Record<string, string>): string {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return expect.fail('it was accepted');
}

describe('metrics', () => {
  test('are served nowhere unless a port is given', () => {
    expect(read({}).metrics).toBeUndefined();
    expect(read({ METRICS_PORT: '', METRICS_HOST: '0.0.0.0' }).metrics).toBeUndefined();
  });

  test('are served on loopback unless a host is given', () => {
    expect(read({ METRICS_PORT: '9464' }).metrics).toEqual({ host: '127.0.0.1', port: 9464 });
    expect(read({ METRICS_PORT: '9464', METRICS_HOST: '::' }).metrics).toEqual({ host: '::', port: 9464 });
    expect(read({ METRICS_PORT: '65535', METRICS_HOST: '' }).metrics?.host).toBe('127.0.0.1');
  });

  test.each(['-1', '65536', '94.64', '9e3', 'http', ' 9464', '0x50', '1'.repeat(400)])(
    'are refused at what is no port: %s',
    (text) => {
      expect(refusalOf({ METRICS_PORT: text })).toBe('METRICS_PORT: give a whole number from 0 to 65535');
    },
  );

  test('are refused at the port of the API, whether it is given or not; any free ports are two', () => {
    for (const env of [{ METRICS_PORT: '8787' }, { METRICS_PORT: '9464', PORT: '9464' }])
      expect(refusalOf(env)).toMatch(/^METRICS_PORT: give another port than PORT/);
    expect(read({ METRICS_PORT: '0', PORT: '0' }).metrics).toEqual({ host: '127.0.0.1', port: 0 });
  });
});

describe('traces', () => {
  const ENDPOINT = 'http://collector.internal:4318';

  test('are sent nowhere unless an endpoint is given', () => {
    expect(read({}).traces).toBeUndefined();
    expect(
      read({ OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_TRACES_SAMPLER: 'always_on' }).traces,
    ).toBeUndefined();
  });

  test.each([
    [ENDPOINT, `${ENDPOINT}/v1/traces`],
    [`${ENDPOINT}/`, `${ENDPOINT}/v1/traces`],
    ['https://collector.example.com/otlp', 'https://collector.example.com/otlp/v1/traces'],
  ])('are sent below the endpoint: %s', (endpoint, url) => {
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }).traces).toEqual({
      ...{ url, delayMs: 5_000 },
      sampler: { name: 'parentbased_always_on', ratio: 1 },
    });
  });

  test.each([
    'collector:4318',
    'grpc://collector:4317',
    'http://user:s3cret@collector:4318',
    'http://collector:4318/?token=s3cret',
    'http://collector:4318/#s3cret',
    's3cret',
  ])('are refused an endpoint that is none, or holds what is to be kept: %s', (endpoint) => {
    const refusal = refusalOf({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    expect(refusal).toMatch(/^OTEL_EXPORTER_OTLP_ENDPOINT: give the http or https URL/);
    expect(refusal).not.toContain('\n');
    expect(refusal).not.toContain('s3cret');
  });

  test('are sampled as the environment says', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_TRACES_SAMPLER: 'traceidratio' };
    const samplerOf = (ratio: string) => read({ ...env, OTEL_TRACES_SAMPLER_ARG: ratio }).traces?.sampler;
    expect(samplerOf('0.25')).toEqual({ name: 'traceidratio', ratio: 0.25 });
    expect(samplerOf('0')?.ratio).toBe(0);
    expect(samplerOf('1.0')?.ratio).toBe(1);
    for (const ratio of ['2', '-0.1', '1.01', 'half', '.5', '1e-3', 'NaN'])
      expect(refusalOf({ ...env, OTEL_TRACES_SAMPLER_ARG: ratio })).toMatch(
        /^OTEL_TRACES_SAMPLER_ARG: give a number/,
      );
    expect(refusalOf({ ...env, OTEL_TRACES_SAMPLER: 'xray' })).toMatch(
      /^OTEL_TRACES_SAMPLER: give one of always_on, /,
    );
  });

  test('are sent in the one way that is spoken, after as long as may be', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT };
    expect(read({ ...env, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }).traces).toBeDefined();
    expect(refusalOf({ ...env, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toMatch(
      /^OTEL_EXPORTER_OTLP_PROTOCOL: /,
    );
    expect(read({ ...env, OTEL_BSP_SCHEDULE_DELAY: '250' }).traces?.delayMs).toBe(250);
    expect(refusalOf({ ...env, OTEL_BSP_SCHEDULE_DELAY: '0' })).toMatch(/^OTEL_BSP_SCHEDULE_DELAY: /);
    // What a platform tells all of its programs stops none that sends nothing.
    expect(read({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_TRACES_SAMPLER: 'xray' }).traces).toBeUndefined();
  });
});
