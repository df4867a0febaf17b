import { afterAll } from 'vitest';
import { startUpstream, type TestUpstream, type TestUpstreamOptions } from './server.ts';

/** A server for the tests of a file that need one: started when the first of them asks, and stopped behind the last. */
export function useUpstreamOnDemand(options?: TestUpstreamOptions): () => Promise<TestUpstream> {
  let started: Promise<TestUpstream> | undefined;
  afterAll(async () => await (await started)?.stop());
  return async () => await (started ??= startUpstream(options));
}
