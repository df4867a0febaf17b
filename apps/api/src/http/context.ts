import { invalidInput, timeForUpstreams, type Answer, type Context as VerbContext } from '@headgate/core';
import { IdempotencyKey, MAX_IDEMPOTENCY_KEY_CHARS } from '@headgate/schema';
import type { Context } from 'hono';
import type { AppEnv } from './env.ts';
import { setHeader } from './headers.ts';
import { callerAddress } from './request-scope.ts';

/** What a reading verb is given. */
export function readContext(c: Context<AppEnv>): VerbContext {
  const { store, vault, dns, upstream, upstreamPlaces, clock, settings } = c.get('deps');
  return {
    actor: c.get('actor'),
    requestId: c.get('requestId'),
    address: callerAddress(c),
    store,
    vault,
    dns,
    upstream,
    upstreamPlaces,
    timeOver: timeForUpstreams(),
    // Made when it is asked for: most requests are over before anybody could leave.
    callerGone: () => c.req.raw.signal,
    whileElsewhere: c.env.place?.whileElsewhere,
    untilAnswered: async () => await untilClosed(c.env.outgoing),
    clock,
    settings,
  };
}

async function untilClosed(outgoing: AppEnv['Bindings']['outgoing']): Promise<void> {
  if (outgoing.closed) return;
  await new Promise<void>((resolve) => void outgoing.once('close', resolve));
}

/** What a writing verb is given: with the idempotency key, if one came, and the request that it came with. */
export async function writeContext(c: Context<AppEnv>): Promise<VerbContext> {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return readContext(c);
  if (!IdempotencyKey.safeParse(key).success) {
    const message = `must have 1 to ${MAX_IDEMPOTENCY_KEY_CHARS} printable characters without spaces, such as a UUID`;
    throw invalidInput([{ field: 'Idempotency-Key', message }]);
  }
  const request = `${c.req.method} ${c.req.path}\n${await c.req.text()}`;
  return { ...readContext(c), idempotency: { key, request } };
}

/** Says in the headers what an answer is a version of, where it lies, and whether it is given again. */
export function describeAnswer(
  c: Context<AppEnv>,
  { etag, replayed, secret }: Omit<Answer<unknown>, 'view'>,
  location?: string,
): void {
  if (etag !== undefined) setHeader(c, 'ETag', etag);
  if (location !== undefined) setHeader(c, 'Location', location);
  if (replayed === true) setHeader(c, 'Idempotency-Replayed', 'true');
  // Not even its reader may keep an answer that shows a secret.
  if (secret !== undefined) setHeader(c, 'Cache-Control', 'no-store');
}
