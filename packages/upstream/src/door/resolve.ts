import { Resolver } from 'node:dns/promises';
import { UpstreamError } from '../error.ts';
import { notFound, readHost } from './host.ts';

/** Both kinds of address are asked for at once, and a caller waits no longer than this for them. */
const TOTAL_TIMEOUT_MS = 5_000;
/** A server that is asked has this long before it is asked again or another one is. */
const TRY_TIMEOUT_MS = 1_000;
const TRIES = 2;

const LOOPBACK = ['127.0.0.1'];

export interface ResolveOptions {
  readonly dnsServers?: readonly string[] | undefined;
  readonly timeoutMs?: number | undefined;
}

/**
 * The addresses of a host, IPv4 before IPv6: those that it spells, or those that DNS has, asked once. The resolvers
 * follow aliases; search domains and /etc/hosts play no part, so that a name means the same on each instance.
 *
 * @throws UpstreamError `name_not_found`, `name_unresolved` or `cancelled`
 */
export async function resolve(host: string, signal: AbortSignal, options: ResolveOptions): Promise<string[]> {
  if (signal.aborted) throw cancelled();
  const { address, name = '' } = readHost(host);
  if (address !== undefined) return [address];
  // They are this machine, and resolvers have no say in it (RFC 6761, section 6.3).
  if (name === 'localhost' || name.endsWith('.localhost')) return LOOPBACK;
  return await ask(name, signal, options);
}

async function ask(name: string, signal: AbortSignal, options: ResolveOptions): Promise<string[]> {
  const { dnsServers, timeoutMs = TOTAL_TIMEOUT_MS } = options;
  // One for each call: it keeps no answers of a moment ago, giving up on it concerns nobody else, and unlike the
  // system's getaddrinfo it can be given up and takes no thread of the pool.
  const resolver = new Resolver({ timeout: Math.min(TRY_TIMEOUT_MS, timeoutMs), tries: TRIES });
  if (dnsServers !== undefined) resolver.setServers(dnsServers);
  const giveUp = () => resolver.cancel();
  const timer = setTimeout(giveUp, timeoutMs);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    if (signal.aborted) throw cancelled();
    // Some name servers fail on IPv6 although they know the name. Without IPv4 it is not known what the name has.
    if (ipv4.status === 'fulfilled')
      return [...ipv4.value, ...(ipv6.status === 'fulfilled' ? ipv6.value : [])];
    if (isNoSuchRecord(ipv4.reason) && ipv6.status === 'fulfilled') return ipv6.value;
    throw failureOf(isNoSuchRecord(ipv4.reason) && ipv6.status === 'rejected' ? ipv6.reason : ipv4.reason);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}

/** The name, or its addresses, do not exist: an answer, unlike all other failures. */
const NO_SUCH_RECORD = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

const NO_ANSWER = 'The resolvers did not answer in time.';
const OTHER_FAILURE = 'The resolvers could not be asked.';
const FAILURES: Readonly<Record<string, string>> = {
  ETIMEOUT: NO_ANSWER,
  ECANCELLED: NO_ANSWER,
  ESERVFAIL: 'The name servers of the domain fail (SERVFAIL).',
  EREFUSED: 'The resolvers refuse the question (REFUSED).',
  EBADRESP: 'What came from the resolvers cannot be read.',
};

function isNoSuchRecord(reason: unknown): boolean {
  return NO_SUCH_RECORD.has(codeOf(reason));
}

function failureOf(reason: unknown): UpstreamError {
  if (isNoSuchRecord(reason)) return notFound('The name does not exist, or has no address.');
  const message = FAILURES[codeOf(reason)] ?? OTHER_FAILURE;
  return new UpstreamError({ step: 'name', code: 'name_unresolved', message, cause: reason });
}

function codeOf(reason: unknown): string {
  return reason instanceof Error && 'code' in reason ? String(reason.code) : '';
}

function cancelled(): UpstreamError {
  return new UpstreamError({ step: 'name', code: 'cancelled', message: 'Resolving was given up.' });
}
