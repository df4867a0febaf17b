/** A real API on a real database, with an issuer and a clock that the test controls. */
import { Writable } from 'node:stream';
import {
  createVault,
  generateVaultKeys,
  openStore,
  parseVaultKeys,
  type Store,
  type Vault,
} from '@headgate/core';
import {
  LOCAL_REGION,
  type CreatedProject,
  type CreateDatabase,
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
  startTestIssuer,
  type TestActor,
  type TestClock,
  type TestIssuer,
} from '@headgate/testing';
import { createApp } from '../src/app.ts';
import { createKeySet } from '../src/auth/jwks.ts';
import { createTokenVerifier } from '../src/auth/token-verifier.ts';
import { documentsOnce } from '../src/documents.ts';
import type { AppDeps } from '../src/http/env.ts';
import { createLog } from '../src/log.ts';
import { listen } from '../src/server.ts';
import { checkAgainstContract } from './contract.ts';

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
  readonly databaseUrl: string;
  /** All that was logged so far, at every level. */
  readonly logs: () => string;
  /** Sends a request and holds the answer against the contract. */
  readonly send: <B = unknown>(method: string, path: string, request?: TestRequest) => Promise<TestAnswer<B>>;
  readonly createProject: (as: TestActor) => Promise<Project>;
  readonly createDatabase: (
    as: TestActor,
    projectId: string,
    over?: Partial<CreateDatabase>,
  ) => Promise<Database>;
  readonly createOrganization: () => ReturnType<typeof createTestOrganization>;
  readonly close: () => Promise<void>;
}

/** Starts an API of the test file's own. */
export async function startTestApi(over: Partial<AppDeps> = {}): Promise<TestApi> {
  const clock = createTestClock();
  const [database, issuer] = await Promise.all([createTestDatabase(), startTestIssuer(clock)]);
  const { log, logs } = capturedLog();
  const store = openStore({ url: database.url, maxConnections: 10 });
  const vault = await createVault(parseVaultKeys(generateVaultKeys(clock.now())));
  const keySet = createKeySet({ url: issuer.jwksUrl, clock, log });
  const tokens = createTokenVerifier({
    issuer: issuer.url,
    audience: TEST_AUDIENCE,
    orgsClaim: '/orgs',
    keySet,
    clock,
  });
  const settings = { proxyDomain: 'proxy.example.com', proxyPort: 6432, regions: TEST_REGIONS };
  const app = createApp({
    ...{ store, vault, clock, log, keySet, tokens, settings, documents: documentsOnce() },
    ...{ corsOrigins: [], imageSha: 'test', isDraining: () => false },
    ...over,
  });
  const server = await listen({ fetch: app.fetch, host: '127.0.0.1', port: 0 });
  const send: TestApi['send'] = async (method, path, request) =>
    await sendRequest(server.url, method, path, request);

  return {
    ...{ url: server.url, app, issuer, clock, store, vault, databaseUrl: database.url, logs, send },
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
      await issuer.close();
      await database.drop();
    },
  };
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
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson ? JSON.parse(text) : undefined) as B,
  };
  checkAgainstContract(method, path, answer);
  return answer;
}
