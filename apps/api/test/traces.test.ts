import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { apiKeyInput, databaseInput, uniqueName } from '@headgate/testing';
import { found } from '@headgate/testing/secret-forms';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { receiveTraces, type ReceivedSpan, type TraceReceiver } from './otlp.ts';
import { call, createWorld, type Program, type World } from './program.ts';

const TIMEOUT_MS = 30_000;
/** What the operating interface promises of stopping. */
const DRAIN_MS = 10_000;
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_ID = 'b7ad6b7169203331';
const SAMPLED = `00-${TRACE_ID}-${PARENT_ID}-01`;
const ROUTE = '/v1/projects/{project_id}/databases';

let world: World;
let receiver: TraceReceiver;
let program: Program;
let databases: string;
beforeAll(async () => {
  [world, receiver] = await Promise.all([createWorld(), receiveTraces()]);
  program = world.run({ env: { ...tracesTo(receiver), LOG_LEVEL: 'trace' } });
  const { orgId } = world.organization;
  const { body } = await send('/v1/projects', { method: 'POST', body: { name: 'p', org_id: orgId } });
  databases = `/v1/projects/${String(body.project.id)}/databases`;
});
afterAll(async () => {
  await world.close();
  await receiver.close();
});

/** What sends traces there, each as soon as it is over. */
const tracesTo = ({ url }: TraceReceiver) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_BSP_SCHEDULE_DELAY: '20',
});

interface Init {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly of?: Program;
}

async function send(path: string, { of = program, ...init }: Init = {}) {
  const { token } = world.organization.owner;
  const id = crypto.randomUUID();
  const headers = { 'X-Request-Id': id, ...init.headers };
  const answer = await call(`${await of.url()}${path}`, { method: 'GET', token, ...init, headers });
  return { ...answer, id };
}

/** The span of a request, once it has been received. */
async function spanOf(id: string, from = receiver): Promise<ReceivedSpan> {
  const find = () => from.spans().find(({ attributes }) => attributes['headgate.request_id'] === id);
  await expect.poll(find, { timeout: TIMEOUT_MS }).toBeDefined();
  return find() ?? expect.fail('it was there');
}

/** Sends a request and waits for its span: what came before it has been received by then too. */
async function traced(path: string, init: Init = {}, from = receiver) {
  const answer = await send(path, init);
  return { ...answer, span: await spanOf(answer.id, from) };
}

/** The line of the log of a request. */
async function lineOf(id: string, of = program): Promise<Record<string, unknown>> {
  const find = () => of.log().find((line) => line['request_id'] === id);
  await expect.poll(find, { timeout: TIMEOUT_MS }).toBeDefined();
  return find() ?? {};
}

/** A program with traces, for as long as the test takes. */
function start(env: Record<string, string>): Program {
  const other = world.run({ env });
  onTestFinished(async () => {
    other.signal('SIGKILL');
    await other.ended;
  });
  return other;
}

describe('a request is a span', () => {
  test('named after its operation, with what the conventions ask for, its id, and its trace in the log', async () => {
    const { id, span } = await traced(`${databases}?page_size=7`);
    expect(span).toMatchObject({
      ...{ name: `GET ${ROUTE}`, kind: 2, parentSpanId: '', status: 0, events: 0 },
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      attributes: {
        'http.request.method': 'GET',
        'http.route': ROUTE,
        'http.response.status_code': 200,
        'url.path': databases,
        'url.scheme': 'http',
        'server.address': '127.0.0.1',
        'headgate.request_id': id,
        'headgate.actor_kind': 'user',
      },
    });
    expect(JSON.stringify(span)).not.toContain('page_size');
    expect(await lineOf(id)).toMatchObject({ trace_id: span.traceId, route: ROUTE });
  });

  test('within that of its caller, whose trace and state are kept', async () => {
    const headers = { traceparent: SAMPLED, tracestate: 'vendor=opaque,other=1' };
    const { id, span } = await traced(databases, { headers });
    expect(span).toMatchObject({
      traceId: TRACE_ID,
      parentSpanId: PARENT_ID,
      traceState: 'vendor=opaque,other=1',
    });
    expect(span.spanId).not.toBe(PARENT_ID);
    expect(await lineOf(id)).toMatchObject({ trace_id: TRACE_ID });
  });

  test.each([
    ['of no form', 'nonsense'],
    ['of zeros', `00-${'0'.repeat(32)}-${PARENT_ID}-01`],
    ['of a parent of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['in capitals', SAMPLED.toUpperCase()],
    ['cut short', SAMPLED.slice(0, -3)],
    ['of the forbidden version', `ff${SAMPLED.slice(2)}`],
    ['that was sent twice', `${SAMPLED}, ${SAMPLED}`],
    ['that is long', `${SAMPLED}-${'0'.repeat(5_000)}`],
  ])('and a traceparent %s counts as none', async (_what, traceparent) => {
    const { status, span } = await traced(databases, { headers: { traceparent } });
    expect(status).toBe(200);
    expect(span.parentSpanId).toBe('');
    expect(span.traceId).not.toBe(TRACE_ID);
  });

  test('that is not told where its caller does not trace', async () => {
    const traceId = '1'.repeat(32);
    const headers = { traceparent: `00-${traceId}-${PARENT_ID}-00` };
    const { id } = await send(databases, { headers });
    await traced(databases);
    expect(receiver.spans().filter((span) => span.traceId === traceId)).toEqual([]);
    expect(await lineOf(id)).toMatchObject({ trace_id: traceId });
  });

  test('that has failed only where the fault is ours', async () => {
    const { span: refused } = await traced(databases, { method: 'POST', body: {} });
    expect(refused).toMatchObject({ status: 0, attributes: { 'headgate.error_code': 'INVALID_INPUT' } });
    expect(refused.attributes).not.toHaveProperty('error.type');
    const lost = start({
      ...tracesTo(receiver),
      AUTH_JWKS_URL: 'http://127.0.0.1:1/jwks',
    });
    const { status, span: failed } = await traced(databases, { of: lost });
    expect(status).toBe(503);
    expect(failed).toMatchObject({
      status: 2,
      statusMessage: '',
      attributes: { 'error.type': 'UNAVAILABLE' },
    });
  });

  test('of no name but its method where there is no such operation, and none for supervisors', async () => {
    const { span } = await traced('/v1/nowhere/at-all');
    expect(span.name).toBe('GET');
    expect(span.attributes).not.toHaveProperty('http.route');
    const probe = await send('/livez');
    await traced(databases);
    const ids = receiver.spans().map(({ attributes }) => attributes['headgate.request_id']);
    expect(ids).not.toContain(probe.id);
  });
});

describe('what is done for a request is a span within its own', () => {
  const childrenOf = ({ traceId }: ReceivedSpan) =>
    receiver.spans().filter((span) => span.traceId === traceId);

  test('who asks, and each use of the database, without the parameters of its statements', async () => {
    const name = uniqueName('marked');
    const host = `${uniqueName('host').replace('_', '-')}.example.com`;
    const { body, span } = await traced(databases, { method: 'POST', body: databaseInput({ name, host }) });
    const { span: read } = await traced(`${databases}/${String(body.id)}`);
    const names = (of: ReceivedSpan) => childrenOf(of).map((child) => child.name);
    expect(names(span)).toEqual(expect.arrayContaining(['authenticate', 'database.transact']));
    expect(names(read)).toEqual(expect.arrayContaining(['authenticate', 'database.read']));
    const spanIds = new Set(childrenOf(read).map(({ spanId }) => spanId));
    for (const child of childrenOf(read)) {
      if (child.spanId !== read.spanId) expect(spanIds).toContain(child.parentSpanId);
      if (!child.name.startsWith('database.')) continue;
      expect(child).toMatchObject({
        ...{ kind: 3, status: 0 },
        attributes: {
          'db.system.name': 'postgresql',
          'db.namespace': new URL(world.databaseUrl).pathname.slice(1),
          'db.operation.name': 'read',
          'db.query.summary': expect.stringMatching(/^select [a-z_]+$/) as string,
        },
      });
    }
    for (const value of [name, host]) expect(found(receiver.bytes(), value)).toEqual([]);
  });

  test('a test of a connection: the use of an upstream, and how the connection failed, but not where it went', async () => {
    const host = `${uniqueName('nowhere').replace('_', '-')}.invalid`;
    const input = databaseInput({ host });
    const { status, span } = await traced(`${databases}/test-connection`, { method: 'POST', body: input });
    expect(status).toBe(200);
    const [use, dialled] = ['upstream.check', 'upstream.connect'].map((name) =>
      childrenOf(span).find((child) => child.name === name),
    );
    expect(use).toMatchObject({ parentSpanId: span.spanId, kind: 1, status: 0 });
    expect(dialled).toMatchObject({ kind: 3, status: 2, events: 0, statusMessage: '' });
    expect(dialled?.attributes['error.type']).toMatch(/^[a-z_]+$/);
    expect(found(receiver.bytes(), host)).toEqual([]);
  });

  test('the issuer is asked within the trace, and hears nothing of it', async () => {
    const heard: IncomingHttpHeaders[] = [];
    const issuer = createServer((request, response) => {
      heard.push(request.headers);
      void fetch(world.env['AUTH_JWKS_URL'] ?? '').then(async (keys) => response.end(await keys.text()));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void issuer.close());
    await once(issuer, 'listening');
    const { port } = issuer.address() as AddressInfo;
    const asking = start({
      ...tracesTo(receiver),
      AUTH_JWKS_URL: `http://127.0.0.1:${port}/jwks`,
    });
    const { status, span } = await traced(databases, { of: asking, headers: { tracestate: 'a=b' } });
    expect(status).toBe(200);
    expect(childrenOf(span).map(({ name }) => name)).toContain('issuer.fetch_keys');
    expect(heard).toHaveLength(1);
    for (const name of ['traceparent', 'tracestate', 'baggage']) expect(heard[0]).not.toHaveProperty(name);
  });

  test('and nothing is told of what the service does by itself', async () => {
    await traced(databases);
    const first = receiver.spans().filter(({ parentSpanId }) => parentSpanId === '');
    expect(new Set(first.map(({ kind }) => kind))).toEqual(new Set([2]));
  });
});

describe('no secret is told', () => {
  test('of passwords, keys, tokens and URIs, whether what they came with was done, refused or failed', async () => {
    const password = `${uniqueName('marked')}-pa$$word/+ü"\\%`;
    const uri = `postgresql://u:${encodeURIComponent(password)}@127.0.0.1:1/d`;
    const post = async (path: string, body: unknown) => await send(path, { method: 'POST', body });
    const { body: database } = await post(databases, databaseInput({ password }));
    await post(databases, { url: uri });
    await post(databases, { url: uri, password });
    await post(databases, { ...databaseInput({ password }), port: 'x' });
    await post(`${databases}?verify=true`, { url: uri });
    await post(`${databases}/test-connection`, { url: uri });
    const one = `${databases}/${String(database.id)}`;
    await send(one, { method: 'PATCH', body: { password } });
    await send(`${one}?show_sensitive=true&password=${encodeURIComponent(password)}`);
    const { body: key } = await post(`/v1/organizations/${world.organization.orgId}/api-keys`, apiKeyInput());
    const apiKey = String(key.api_key);
    await call(`${await program.url()}${databases}`, { method: 'GET', token: apiKey });
    await call(`${await program.url()}${databases}`, { method: 'GET', token: `${apiKey.slice(0, -1)}x` });
    await traced(one);
    const { k } = (JSON.parse(world.env['VAULT_KEYS'] ?? '') as { keys: [{ k: string }] }).keys[0];
    expect(receiver.bytes().includes(one)).toBe(true);
    for (const secret of [password, apiKey, world.organization.owner.token, k, uri]) {
      expect(secret.length).toBeGreaterThan(20);
      expect(found(receiver.bytes(), secret)).toEqual([]);
    }
  });
});

test('an error of PostgreSQL is told by its code alone, and not the row that it quotes', async () => {
  const name = uniqueName('marked');
  await world.owner.unsafe(`alter table databases add constraint never check (name <> '${name}')`);
  onTestFinished(async () => void (await world.owner`alter table databases drop constraint never`));
  const { status, id, span } = await traced(databases, { method: 'POST', body: databaseInput({ name }) });
  expect(status).toBe(500);
  expect(span).toMatchObject({ status: 2, attributes: { 'error.type': 'INTERNAL_ERROR' } });
  const failed = receiver.spans().filter((each) => each.traceId === span.traceId && each.status === 2);
  expect(failed.map((each) => each.attributes['error.type'])).toContain('23514');
  for (const each of failed) expect(each).toMatchObject({ events: 0, statusMessage: '' });
  expect(found(receiver.bytes(), name)).toEqual([]);
  expect(await lineOf(id)).toMatchObject({ level: 'error', trace_id: span.traceId });
});

describe('the environment says', () => {
  test('whether anything is loaded at all', async () => {
    // Tells each module of the libraries that is loaded.
    const hook = `import { registerHooks } from 'node:module';
      registerHooks({ load: (url, context, next) => {
        if (/@opentelemetry|prom-client/.test(url)) process.stderr.write('loaded ' + url + '\\n');
        return next(url, context);
      } });`;
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
    const off = start({ NODE_OPTIONS });
    const { id } = await send(databases, { of: off, headers: { traceparent: SAMPLED } });
    expect(await lineOf(id, off)).not.toHaveProperty('trace_id');
    expect(off.stderr()).toBe('');
    const on = start({ NODE_OPTIONS, ...tracesTo(receiver), METRICS_PORT: '0' });
    await on.url();
    expect(on.stderr()).toMatch(/@opentelemetry/);
    expect(on.stderr()).toMatch(/prom-client/);
  });

  test('what the service is called, and what else is told of it', async () => {
    const plain = await traced(databases);
    expect(plain.span.resource).toMatchObject({
      'service.name': 'headgate',
      'telemetry.sdk.language': 'nodejs',
    });
    const named = start({
      ...tracesTo(receiver),
      OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/`,
      OTEL_SERVICE_NAME: 'headgate-eu',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=proof',
    });
    const { span } = await traced(databases, { of: named });
    expect(span.resource).toMatchObject({
      'service.name': 'headgate-eu',
      'deployment.environment.name': 'proof',
    });
    expect(span.resource['service.instance.id']).not.toBe(plain.span.resource['service.instance.id']);
  });

  test('which traces are kept', async () => {
    const few = start({
      ...tracesTo(receiver),
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0',
    });
    const { id: left } = await send(databases, { of: few });
    await traced(databases, { of: few, headers: { traceparent: SAMPLED } });
    const ids = receiver.spans().map(({ attributes }) => attributes['headgate.request_id']);
    expect(ids).not.toContain(left);
  });
});

describe('whoever receives traces', () => {
  test('is sent the last ones when the service stops', async () => {
    const own = await receiveTraces();
    onTestFinished(own.close);
    const stopping = start({ ...tracesTo(own), OTEL_BSP_SCHEDULE_DELAY: '60000' });
    const { id } = await send(databases, { of: stopping });
    stopping.signal('SIGTERM');
    expect(await stopping.ended).toBe(0);
    expect(own.spans().map(({ attributes }) => attributes['headgate.request_id'])).toContain(id);
  });

  test.each(['is not there', 'fails', 'never answers'])(
    'and %s is told once in the log, and neither requests nor the stop hear of it',
    async (what) => {
      const own = await receiveTraces(what === 'fails' ? 'failing' : 'silent');
      onTestFinished(own.close);
      if (what === 'is not there') await own.close();
      const alone = start({
        ...tracesTo(own),
        // How long one sending may take, in milliseconds.
        OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
      });
      const warnings = () => alone.log().filter(({ msg }) => msg === 'traces could not be sent');
      const sendSome = async () => {
        for (let each = 0; each < 20; each += 1)
          expect(await send(databases, { of: alone })).toMatchObject({ status: 200 });
      };
      await sendSome();
      await expect.poll(warnings, { timeout: TIMEOUT_MS }).toHaveLength(1);
      await sendSome();
      const before = performance.now();
      alone.signal('SIGTERM');
      expect(await alone.ended).toBe(0);
      expect(performance.now() - before).toBeLessThan(DRAIN_MS);
      expect(warnings()).toHaveLength(1);
      expect(alone.stderr()).toBe('');
      expect(alone.log().filter(({ level }) => level === 'error')).toEqual([]);
    },
  );
});
