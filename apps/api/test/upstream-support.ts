/** What the suites that reach customers' servers ask of an API. */
import type { ConnectionCheck, ErrorEnvelope } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import {
  misbehaviours,
  startFakeServer,
  startUpstream,
  type FakeServer,
  type TestUpstream,
  type TestUpstreamOptions,
} from '@headgate/testing/upstreams';
import { afterAll, onTestFinished } from 'vitest';
import type { TestApi, TestAnswer } from './harness.ts';

/** A customer's server for a test file. */
export async function useServer(options?: TestUpstreamOptions): Promise<TestUpstream> {
  const upstream = await startUpstream(options);
  afterAll(async () => await upstream.stop());
  return upstream;
}

/** A server, as a request of `createDatabase` describes it. It speaks no TLS. */
export function inputOf({ host, port, database: name, username, password }: TestUpstream) {
  return { host, port, name, username, password, ssl_mode: 'disable' as const };
}

/** Something for the length of a test that takes connections and never says a word: it counts them. */
export async function silentServer(): Promise<FakeServer> {
  const server = await startFakeServer(misbehaviours.silent);
  onTestFinished(async () => await server.stop());
  return server;
}

/** An API key of a person's own. */
export async function keyOf(api: TestApi, as: TestActor, scopes: readonly string[]): Promise<string> {
  const answer = await api.send<{ api_key: string }>('POST', `/v1/organizations/${as.orgId}/api-keys`, {
    as,
    body: { name: 'key', scopes },
  });
  return answer.body.api_key;
}

/** The codes of the steps that failed, of a check or of the refusal that holds one. */
export function failures({ body }: Pick<TestAnswer, 'body'>): (string | undefined)[] {
  const { checks, error } = body as Partial<Pick<ConnectionCheck, 'checks'> & Pick<ErrorEnvelope, 'error'>>;
  const steps = checks ?? error?.checks ?? [];
  return steps.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code);
}
