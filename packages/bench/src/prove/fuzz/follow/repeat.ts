/** What becomes of a request that comes again with its idempotency key. */
import { isDeepStrictEqual } from 'node:util';
import type { Case } from '../generate/case.ts';
import { withHeader } from '../generate/request.ts';
import type { Breach } from '../judge/judge.ts';
import type { Sent } from '../send/connection.ts';
import type { Exchange } from '../send/exchange.ts';
import type { Following } from './follow-up.ts';

const KEY = 'Idempotency-Key';
const LARGE_BYTES = 1_000_000;

export function takesKey({ operation }: Case): boolean {
  return operation?.parameters.some(({ name }) => name === KEY) === true;
}

export function withKey(request: Sent, key: string): Sent {
  return { ...request, headers: withHeader(request.headers, KEY, key) };
}

/** The same request gives the first answer again, and another one is a conflict. */
export async function followKey(
  { send }: Following,
  { request, operation }: Case,
  first: Exchange,
): Promise<Breach[]> {
  const breaches: Breach[] = [];
  const breach = (what: string) =>
    void breaches.push({ promised: 'repetition', what: `${operation?.id}: ${what}` });
  const again = await send(request);
  const header = ({ answer }: Exchange, name: string) => answer?.headers.get(name);
  if (again.answer?.status !== first.answer?.status)
    breach(`repeated, it is answered with ${again.answer?.status}`);
  else if (!isDeepStrictEqual(again.body, first.body)) breach('repeated, it has another body');
  else if (header(again, 'idempotency-replayed') !== 'true') breach('repeated, it is not marked so');
  if (header(again, 'etag') !== header(first, 'etag')) breach('repeated, it has another ETag');
  // One byte more would be too many.
  if (request.body === undefined || request.body.length > LARGE_BYTES) return breaches;
  const other = await send({ ...request, body: `${Buffer.from(request.body).toString()} ` });
  if (other.answer?.status !== 409)
    breach(`another request with the same key is answered with ${other.answer?.status}`);
  return breaches;
}
