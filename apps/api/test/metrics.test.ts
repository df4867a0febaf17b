import { request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { apiKeyInput, databaseInput, uniqueName } from '@headgate/testing';
import { found } from '@headgate/testing/secret-forms';
import { layWire } from '@headgate/testing/wire';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { watchEventLoop } from '../src/telemetry/event-loop.ts';
import { readMetrics, seriesIn, valueOf, type Metrics } from './exposition.ts';
import { call, createWorld, type Program, type World } from './program.ts';

const TIMEOUT_MS = 30_000;
const METRICS = { METRICS_PORT: '0' };

let world: World;
let program: Program;
let url: string;
beforeAll(async () => {
  world = await createWorld();
  program = world.run({ env: { ...METRICS, IMAGE_SHA: 'sha256:abc' } });
  url = await program.url();
});
afterAll(async () => await world.close());

const token = () => world.organization.owner.token;
const send = async (path: string, init: { method?: string; body?: unknown } = {}, origin = url) =>
  await call(`${origin}${path}`, { method: 'GET', token: token(), ...init });
const scrape = async (of = program): Promise<Metrics> => readMetrics(await of.metrics());

/** One more program, for as long as the test takes: what it did by itself would be missing in the first one. */
function start(options?: Parameters<World['run']>[0]): Program {
  const other = world.run(options);
  onTestFinished(async () => {
    other.signal('SIGKILL');
    await other.ended;
  });
  return other;
}

/** Where the metrics are. */
function originOf(of: Program): URL {
  return new URL(String(of.log().find(({ msg }) => msg === 'metrics listening')?.['origin']));
}

/** Sends a request of any form, and gives the status of the answer back. */
async function raw(origin: string | URL, method: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(origin);
  const sent = request({ hostname, port, method, path, agent: false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

async function createProject(): Promise<string> {
  const { orgId } = world.organization;
  const { body } = await send('/v1/projects', { method: 'POST', body: { name: 'p', org_id: orgId } });
  return String(body.project.id);
}

describe('the metrics', () => {
  test('listen before the API does', () => {
    const messages = program.log().map(({ msg }) => msg);
    expect(messages.indexOf('metrics listening')).toBeGreaterThanOrEqual(0);
    expect(messages.indexOf('metrics listening')).toBeLessThan(messages.indexOf('listening'));
    expect(originOf(program).hostname).toBe('127.0.0.1');
  });

  test('are what Prometheus reads: every family explained, named by the conventions, each series once', async () => {
    const response = await fetch(new URL('/metrics', originOf(program)));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const metrics = readMetrics(await response.text());
    for (const [name, { help }] of metrics) {
      expect(name).toMatch(/^(headgate|process|nodejs)_/);
      expect(help.length, name).toBeGreaterThan(10);
    }
    expect(valueOf(metrics, 'headgate_build_info', { image_sha: 'sha256:abc' })).toBe(1);
    expect(valueOf(metrics, 'process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
  });

  test('count each request, by the path of the contract, method and status, and each error by its code', async () => {
    const projectId = await createProject();
    const [databases, unknown] = [`/v1/projects/${projectId}/databases`, '/v1/projects/prj_unknown'];
    const before = await scrape();
    await send(databases, { method: 'POST', body: databaseInput() });
    await send(databases, { method: 'POST', body: databaseInput() });
    await send(databases, { method: 'POST', body: {} });
    for (let each = 0; each < 3; each += 1) await send(databases);
    await send(unknown);
    await raw(url, 'HEAD', '/livez');
    const after = await scrape();
    const rise = (name: string, labels: Record<string, string>) =>
      (valueOf(after, name, labels) ?? 0) - (valueOf(before, name, labels) ?? 0);
    const [of, one] = ['/v1/projects/{project_id}/databases', '/v1/projects/{project_id}'];
    const requests = (method: string, route: string, status: string) =>
      rise('headgate_http_requests_total', { method, route, status });
    expect(requests('POST', of, '201')).toBe(2);
    expect(requests('POST', of, '400')).toBe(1);
    expect(requests('GET', of, '200')).toBe(3);
    expect(requests('GET', one, '400') + requests('GET', one, '404')).toBe(1);
    expect(requests('HEAD', '/livez', '200')).toBe(1);
    const took = 'headgate_http_request_duration_seconds';
    expect(rise(`${took}_count`, { method: 'POST', route: of })).toBe(3);
    expect(rise(`${took}_count`, { method: 'GET', route: of })).toBe(3);
    expect(rise(`${took}_bucket`, { method: 'GET', route: of, le: '+Inf' })).toBe(3);
    expect(rise(`${took}_sum`, { method: 'GET', route: of })).toBeGreaterThan(0);
    expect(rise('headgate_http_errors_total', { code: 'INVALID_INPUT' })).toBeGreaterThanOrEqual(1);
    expect(rise('headgate_http_errors_total', { code: 'INTERNAL_ERROR' })).toBe(0);
    expect(valueOf(after, 'headgate_http_requests_under_way')).toBe(0);
    const work = (operation: string) =>
      rise('headgate_operation_duration_seconds_count', { operation, outcome: 'ok' });
    expect(work('authenticate')).toBe(7);
    expect(work('database.transact')).toBeGreaterThanOrEqual(2);
    expect(work('database.read')).toBeGreaterThanOrEqual(3);
  });

  test('have no more series for callers who send a thousand paths and every method there is', async () => {
    const methods = [
      'GET',
      'PURGE',
      'PROPFIND',
      'M-SEARCH',
      'TRACE',
      'LINK',
      'OPTIONS',
      'DELETE',
      'PATCH',
      'HEAD',
    ];
    const pathOf = (each: number) =>
      [`/${each}`, `/v1/${each}`, `/v1/projects/${each}`, `/docs/errors/${each}`, `/livez?${each}`][
        each % 5
      ] ?? '';
    const flood = async (count: number, salt: number) => {
      for (let each = 0; each < count; each += 1)
        await raw(url, methods[(each + Math.floor(each / 10)) % methods.length] ?? '', pathOf(each + salt));
    };
    // Once all there is has been seen, a thousand more add nothing.
    await flood(100, 0);
    const before = await scrape();
    await flood(1_000, 1_000);
    const after = await scrape();
    for (const name of before.keys()) {
      if (name.startsWith('headgate_http')) expect(seriesIn(after, name)).toEqual(seriesIn(before, name));
    }
    const labels = after.get('headgate_http_requests_total')?.samples.map((sample) => sample.labels) ?? [];
    for (const { route = '', method = '' } of labels) {
      expect(route).toMatch(/^(other|\/(livez|readyz|v1\/.*))$/);
      expect(method).toMatch(/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|other)$/);
      expect(route).not.toMatch(/\d{2}/);
    }
    expect(total(after) - total(before)).toBe(1_000);
  });

  test('tell nothing that anybody would want: no credentials, no password, no id of a tenant', async () => {
    const projectId = await createProject();
    const password = `${uniqueName('marked')}-pa$$word/+ü"\\%`;
    const databases = `/v1/projects/${projectId}/databases`;
    const uri = `postgresql://u:${encodeURIComponent(password)}@db.example.com/d`;
    const { body: database } = await send(databases, { method: 'POST', body: databaseInput({ password }) });
    await send(databases, { method: 'POST', body: { url: uri } });
    await send(`${databases}/${encodeURIComponent(uri)}?password=${encodeURIComponent(password)}`);
    await send(`${databases}/${database.id}?show_sensitive=true`);
    const { orgId } = world.organization;
    const keys = `/v1/organizations/${orgId}/api-keys`;
    const { body: key } = await send(keys, { method: 'POST', body: apiKeyInput() });
    await call(`${url}${databases}`, { method: 'GET', token: String(key.api_key) });
    const text = await program.metrics();
    for (const secret of [password, String(key.api_key), token(), uri]) {
      expect(secret.length).toBeGreaterThan(20);
      expect(found(text, secret)).toEqual([]);
    }
    for (const id of [orgId, projectId, String(database.id), 'db.example.com'])
      expect(text).not.toContain(id);
  });
});

/** How many requests were counted in all. */
function total(metrics: Metrics): number {
  const samples = metrics.get('headgate_http_requests_total')?.samples ?? [];
  return samples.reduce((sum, { value }) => sum + value, 0);
}

describe('each port has its own', () => {
  test('the metrics are at GET /metrics of theirs, and nothing else is there', async () => {
    const origin = originOf(program);
    expect(await raw(origin, 'GET', '/metrics')).toBe(200);
    expect(await raw(origin, 'GET', '/metrics?from=prometheus')).toBe(200);
    for (const [method, path] of [
      ['POST', '/metrics'],
      ['HEAD', '/metrics'],
      ['GET', '/'],
      ['GET', '/metrics/'],
      ['GET', '/v1/projects'],
      ['GET', '/livez'],
      ['GET', '/openapi.json'],
    ] as const)
      expect(await raw(origin, method, path), `${method} ${path}`).toBe(404);
    expect(await raw(url, 'GET', '/metrics')).toBe(404);
    expect(await raw(url, 'GET', '/livez')).toBe(200);
  });

  test('without METRICS_PORT there are none', async () => {
    const plain = start();
    await plain.url();
    expect(plain.log().map(({ msg }) => msg)).not.toContain('metrics listening');
  });

  test('a port that is taken, or the one of the API, stops the start with one line that names the variable', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    for (const env of [{ METRICS_PORT: String(port) }, { METRICS_PORT: '9464', PORT: '9464' }]) {
      const failing = world.run({ env });
      expect(await failing.ended).toBe(1);
      expect(failing.stderr()).toMatch(/^headgate: METRICS_PORT: [^\n]+\n$/);
    }
  });

  test('whoever holds connections to the metrics holds no stop', async () => {
    const stopping = start({ env: METRICS });
    await stopping.url();
    const { hostname, port } = originOf(stopping);
    const idle = connect(Number(port), hostname);
    const half = connect(Number(port), hostname, () => half.write('GET /metrics HTTP/1.1\r\nHost: h'));
    for (const socket of [idle, half]) socket.on('error', () => {});
    await stopping.metrics();
    const before = performance.now();
    stopping.signal('SIGTERM');
    expect(await stopping.ended).toBe(0);
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(stopping.stderr()).toBe('');
  });
});

describe('the figures of the parts', () => {
  test('tell the keys: those of the issuer with their age once they were fetched, and those of the vault', async () => {
    const fresh = start({ env: METRICS });
    const origin = await fresh.url();
    const before = await scrape(fresh);
    expect(valueOf(before, 'headgate_jwks_keys')).toBe(0);
    expect(valueOf(before, 'headgate_jwks_age_seconds')).toBeUndefined();
    expect((await send('/v1/regions', {}, origin)).status).toBe(200);
    const after = await scrape(fresh);
    expect(valueOf(after, 'headgate_jwks_keys')).toBe(1);
    expect(valueOf(after, 'headgate_jwks_age_seconds')).toBeGreaterThanOrEqual(0);
    expect(valueOf(after, 'headgate_jwks_age_seconds')).toBeLessThan(300);
    expect(valueOf(after, 'headgate_jwks_fetch_failures_total')).toBe(0);
    const [{ kid }] = (JSON.parse(world.env['VAULT_KEYS'] ?? '') as { keys: [{ kid: string }] }).keys;
    expect(valueOf(after, 'headgate_vault_keys')).toBe(1);
    expect(valueOf(after, 'headgate_vault_sealing_key_info', { kid })).toBe(1);
  });

  test('tell an issuer that gives no keys', async () => {
    const lost = start({ env: { ...METRICS, AUTH_JWKS_URL: 'http://127.0.0.1:1/jwks' } });
    expect((await send('/v1/regions', {}, await lost.url())).status).toBe(503);
    const metrics = await scrape(lost);
    expect(valueOf(metrics, 'headgate_jwks_fetch_failures_total')).toBe(1);
    expect(valueOf(metrics, 'headgate_jwks_keys')).toBe(0);
    const failed = { operation: 'issuer.fetch_keys', outcome: 'failed' };
    expect(valueOf(metrics, 'headgate_operation_duration_seconds_count', failed)).toBe(1);
  });

  test('tell what was refused, by the bound that was met', async () => {
    const env = { ...METRICS, ADDRESS_REQUESTS_PER_SECOND: '2', LIMITS: '{"requests_per_second":1}' };
    const strict = start({ env });
    const origin = await strict.url();
    // A window has ten seconds: the actor may send 10 in it, and the address 20.
    const statuses: number[] = [];
    for (let each = 0; each < 25; each += 1) statuses.push((await send('/v1/regions', {}, origin)).status);
    const metrics = await scrape(strict);
    const refused = (bound: string) => valueOf(metrics, 'headgate_http_refusals_total', { bound }) ?? 0;
    expect(refused('actor_rate')).toBeGreaterThan(0);
    expect(refused('address_rate') + refused('actor_rate')).toBe(
      statuses.filter((status) => status === 429).length,
    );
    expect(valueOf(metrics, 'headgate_http_errors_total', { code: 'RATE_LIMITED' })).toBe(
      refused('address_rate') + refused('actor_rate'),
    );
    expect(refused('verifications')).toBe(0);
  });

  test('tell what waits for a database that does not answer, and are told without it', async () => {
    const wire = await layWire(world.databaseUrl);
    onTestFinished(async () => await wire.close());
    const behind = start({ env: { ...METRICS, DATABASE_URL: wire.url, DATABASE_MAX_CONNECTIONS: '2' } });
    const origin = await behind.url();
    expect((await send('/v1/projects', {}, origin)).status).toBe(400);
    const list = `/v1/projects?org_id=${world.organization.orgId}`;
    expect((await send(list, {}, origin)).status).toBe(200);
    await wire.set('silent');
    const answers = [1, 2, 3, 4, 5].map(async () => await send(list, {}, origin));
    const underWay = async () => valueOf(await scrape(behind), 'headgate_database_operations_under_way');
    await expect.poll(underWay, { timeout: TIMEOUT_MS }).toBeGreaterThanOrEqual(5);
    const metrics = await scrape(behind);
    expect(valueOf(metrics, 'headgate_database_connections_max')).toBe(2);
    expect(valueOf(metrics, 'headgate_database_connections_busy')).toBe(2);
    expect(valueOf(metrics, 'headgate_database_operations_waiting')).toBeGreaterThanOrEqual(3);
    expect(valueOf(metrics, 'headgate_http_requests_under_way')).toBe(5);
    expect(valueOf(metrics, 'headgate_admission_working')).toBe(5);
    expect(valueOf(metrics, 'headgate_admission_waiting')).toBe(0);
    for (const { status } of await Promise.all(answers)) expect(status).toBe(503);
    await wire.set('well');
    const after = await scrape(behind);
    expect(valueOf(after, 'headgate_database_connections_closed_total')).toBeGreaterThan(0);
    const failed = { operation: 'database.read', outcome: 'failed' };
    expect(valueOf(after, 'headgate_operation_duration_seconds_count', failed)).toBeGreaterThanOrEqual(5);
    const refused = { route: '/v1/projects', status: '503' };
    expect(valueOf(after, 'headgate_http_requests_total', refused)).toBe(5);
  });

  test('tell the runs of upkeep', async () => {
    const runs = async (job: string) =>
      valueOf(await scrape(), 'headgate_upkeep_runs_total', { job, outcome: 'ok' }) ?? 0;
    for (const job of ['purge', 'audit chains', 'key use'])
      await expect.poll(async () => await runs(job), { timeout: TIMEOUT_MS }).toBeGreaterThan(0);
    const chained = async () => valueOf(await scrape(), 'headgate_audit_entries_chained_total') ?? 0;
    const before = await chained();
    await createProject();
    await expect.poll(chained, { timeout: TIMEOUT_MS }).toBeGreaterThan(before);
    expect(valueOf(await scrape(), 'headgate_audit_chains_stopped')).toBe(0);
  });

  test('tell the delay of the event loop, and not the resolution of what measures it', async () => {
    const registry = new Registry();
    onTestFinished(watchEventLoop(registry));
    const read = async () => readMetrics(await registry.metrics());
    const ticks = async (le: string) =>
      valueOf(await read(), 'headgate_event_loop_delay_seconds_bucket', { le }) ?? 0;
    // Idle: now and then a tick is in time, however busy the machine.
    await expect.poll(async () => await ticks('0.01'), { timeout: TIMEOUT_MS }).toBeGreaterThan(0);
    const late = async () => {
      const metrics = await read();
      const upTo = (le: string) => valueOf(metrics, 'headgate_event_loop_delay_seconds_bucket', { le }) ?? 0;
      return upTo('+Inf') - upTo('0.25');
    };
    const before = await late();
    // Just after it was read, too.
    const until = performance.now() + 400;
    while (performance.now() < until);
    await expect.poll(late, { timeout: TIMEOUT_MS }).toBeGreaterThan(before);
  });
});
