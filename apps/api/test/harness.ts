/** A real API on a real database, with an issuer and a clock that the test controls. */
import { Writable } from 'node:stream';
import {
  createDns,
  createKeyUse,
  createUpstream,
  createUpstreamPlaces,
  createVault,
  generateVaultKeys,
  openStore,
  parseVaultKeys,
  type KeyUse,
  type Settings,
  type Store,
  type Vault,
} from '@headgate/core';
import {
  DEFAULT_LIMITS,
  LOCAL_REGION,
  type CreatedProject,
  type Database,
  type Project,
} from '@headgate/schema';
import {
  TEST_AUDIENCE,
  createTestClock,
  createTestDatabase,
  createTestOrganization,
  databaseInput,
  projectInput,
  startTestDns,
  startTestIssuer,
  type DatabaseInput,
  type TestActor,
  type TestClock,
  type TestDns,
  type TestIssuer,
} from '@headgate/testing';
import { createApp } from '../src/app.ts';
import { createCredentials, roleLearner } from '../src/auth/credentials.ts';
import { createKeySet } from '../src/auth/jwks.ts';
import { createTokenVerifier } from '../src/auth/token-verifier.ts';
import { documentsOnce } from '../src/documents.ts';
import type { AppDeps } from '../src/http/env.ts';
import { createHeavyPlaces } from '../src/http/heavy-places.ts';
import { createSenders } from '../src/http/senders.ts';
import { MAX_REQUESTS_UNDER_WAY, PATIENCE_MS, SILENCE_TIMEOUT_MS } from '../src/limits.ts';
import { createLog } from '../src/log.ts';
import { memoryCounter } from '../src/rate-limit/counter.ts';
import { createRateLimits } from '../src/rate-limit/rate-limits.ts';
import { listen } from '../src/server.ts';
import { checkAgainstContract } from './contract.ts';

/** Servers of tests run here. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const TEST_REGIONS = [LOCAL_REGION, { ...LOCAL_REGION, id: 'eu-1', name: 'Europe' }];

export interface TestAnswer<B = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: B;
}

export interface TestRequest {
  readonly as?: TestActor | undefined;
  readonly token?: string | undefined;
  readonly body?: unknown;
  /** A body to be sent as it is, instead of `body` as JSON. */
  readonly rawBody?: string | Uint8Array<ArrayBuffer> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface TestApi {
  readonly url: string;
  readonly app: ReturnType<typeof createApp>;
  readonly issuer: TestIssuer;
  readonly clock: TestClock;
  readonly store: Store;
  readonly vault: Vault;
  /** The DNS server that it asks; it knows no name until a test sets one. */
  readonly dns: TestDns;
  /** Writes the last use of keys down when it is told to. */
  readonly keyUse: KeyUse;
  readonly databaseUrl: string;
  readonly settings: Settings;
  /** All that was logged so far, at every level. */
  readonly logs: () => string;
  /** Sends a request and holds the answer against the contract. */
  readonly send: <B = unknown>(method: string, path: string, request?: TestRequest) => Promise<TestAnswer<B>>;
  readonly createProject: (as: TestActor) => Promise<Project>;
  readonly createDatabase: (
    as: TestActor,
    projectId: string,
    over?: Partial<DatabaseInput>,
  ) => Promise<Database>;
  readonly createOrganization: () => ReturnType<typeof createTestOrganization>;
  /** Another instance of the same service: same database, issuer, keys and clock. To be closed before this one. */
  readonly startAnother: (over?: Over) => Promise<TestApi>;
  readonly close: () => Promise<void>;
}

/** What is otherwise than usual: what the application is given, and the bounds of its server. */
type Over = Partial<AppDeps> & {
  readonly places?: number;
  readonly patienceMs?: number;
  readonly silenceMs?: number;
};

/** What instances of one service share. */
interface World {
  readonly clock: TestClock;
  readonly issuer: TestIssuer;
  readonly vault: Vault;
  readonly dns: TestDns;
  readonly databaseUrl: string;
}

/** Starts an API of the test file's own. */
export async function startTestApi(over: Over = {}): Promise<TestApi> {
  const clock = createTestClock();
  const [database, issuer, dns] = await Promise.all([
    createTestDatabase(),
    startTestIssuer(clock),
    startTestDns(),
  ]);
  const vault = await createVault(parseVaultKeys(generateVaultKeys(clock.now())));
  const api = await startInstance({ clock, issuer, vault, dns, databaseUrl: database.url }, over);
  return {
    ...api,
    close: async () => {
      await api.close();
      await issuer.close();
      await dns.close();
      await database.drop();
    },
  };
}

async function startInstance(world: World, over: Over): Promise<TestApi> {
  const { clock, issuer, vault, dns, databaseUrl } = world;
  const { log, logs } = capturedLog();
  const store = openStore({ url: databaseUrl, maxConnections: 10 });
  const keySet = createKeySet({ url: issuer.jwksUrl, clock, log });
  const tokens = createTokenVerifier({
    issuer: issuer.url,
    audience: TEST_AUDIENCE,
    orgsClaim: '/orgs',
    ...{ keySet, clock, onVerified: roleLearner({ store, log }) },
  });
  const keyUse = createKeyUse({ store, clock });
  const credentials = createCredentials({ tokens, store, clock, keyUse });
  const senders = createSenders({ credentials, trustedProxies: over.trustedProxies });
  const settings = {
    ...{ proxyDomain: 'proxy.example.com', proxyPort: 6432, regions: TEST_REGIONS },
    // Suites that go over all operations make many of each; limits have tests of their own.
    limits: { ...DEFAULT_LIMITS, api_keys: 10_000, custom_domains: 10_000, requests_per_second: 1_000_000 },
  };
  const rateLimits = unreachableLimits();
  const app = createApp({
    ...{ store, vault, clock, log, keySet, settings, rateLimits },
    credentials: senders.credentials,
    dns: createDns({ servers: [dns.address] }),
    upstream: createUpstream({ allowedCidrs: LOOPBACK, dnsServers: [dns.address] }),
    upstreamPlaces: createUpstreamPlaces(),
    heavyPlaces: createHeavyPlaces(),
    ...{ corsOrigins: [], imageSha: 'test', isDraining: () => false, documents: documentsOnce() },
    ...over,
  });
  const server = await listen({
    ...{ fetch: app.fetch, host: '127.0.0.1', port: 0, corsOrigins: over.corsOrigins ?? [], log },
    // No test is to be refused by accident: half of these places are as many as may be under way.
    places: over.places ?? 2 * MAX_REQUESTS_UNDER_WAY,
    patienceMs: over.patienceMs ?? PATIENCE_MS,
    silenceMs: over.silenceMs ?? SILENCE_TIMEOUT_MS,
    senderOf: senders.senderOf,
  });
  const send: TestApi['send'] = async (method, path, request) =>
    await sendRequest(server.url, method, path, request);

  return {
    ...{ url: server.url, app, issuer, clock, store, vault, dns, keyUse, databaseUrl, settings },
    ...{ logs, send },
    startAnother: async (others = {}) => await startInstance(world, others),
    createOrganization: async () => await createTestOrganization(issuer),
    createProject: async (as) => {
      const answer = await send<CreatedProject>('POST', '/v1/projects', { as, body: projectInput(as.orgId) });
      return answer.body.project;
    },
    createDatabase: async (as, projectId, input) => {
      const body = databaseInput(input);
      return (await send<Database>('POST', `/v1/projects/${projectId}/databases`, { as, body })).body;
    },
    close: async () => {
      await server.drain();
      await store.close();
    },
  };
}

/** Limits that no test meets by accident, and that ask no database. */
function unreachableLimits() {
  return createRateLimits({
    ...{ actors: memoryCounter(10), windowSeconds: 10, rates: () => 1_000_000 },
    ...{ addressRequestsPerSecond: 1_000_000, addressFailuresPerSecond: 1_000_000 },
  });
}

/** A log that keeps every line, at the most talkative level. */
export function capturedLog() {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  return { log: createLog({ level: 'trace', destination }), logs: () => lines.join('') };
}

async function sendRequest<B>(
  url: string,
  method: string,
  path: string,
  request: TestRequest = {},
): Promise<TestAnswer<B>> {
  const token = request.token ?? request.as?.token;
  const body = request.rawBody ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...request.headers,
    },
    ...(body !== undefined && { body }),
    redirect: 'manual',
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('application/json') === true;
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson ? JSON.parse(text) : undefined) as B,
  };
  checkAgainstContract(method, path, answer);
  return answer;
}
