import { Resolver } from 'node:dns/promises';

/** Both records of a domain are asked for at once, and a caller waits no longer than this for them. */
const TOTAL_TIMEOUT_MS = 5_000;
/** A server that is asked has this long before it is asked again or another one is. */
const TRY_TIMEOUT_MS = 1_000;
const TRIES = 2;

export interface DnsQuestion {
  readonly record: 'TXT' | 'CNAME';
  readonly host: string;
}

/** The values that DNS has for a question, none where there is no such record; or why it is not known. */
export type DnsAnswer = { readonly values: readonly string[] } | { readonly failure: string };

/** What is asked about customers' domains. Only resolvers are spoken to: nothing goes to a host that a customer names. */
export interface Dns {
  /** Answers every question, in their order and within a bounded time. It does not fail: a failure is an answer. */
  ask(questions: readonly DnsQuestion[]): Promise<DnsAnswer[]>;
}

interface DnsOptions {
  /** Addresses of the resolvers, with a port where it is not 53; the system's own when left out. */
  readonly servers?: readonly string[] | undefined;
  readonly timeoutMs?: number;
}

/** DNS as these resolvers tell it. */
export function createDns({ servers, timeoutMs = TOTAL_TIMEOUT_MS }: DnsOptions): Dns {
  return {
    ask: async (questions) => {
      // One for each call: it keeps no answers of a moment ago, and giving up on it concerns nobody else.
      const resolver = new Resolver({ timeout: Math.min(TRY_TIMEOUT_MS, timeoutMs), tries: TRIES });
      if (servers !== undefined) resolver.setServers(servers);
      const timer = setTimeout(() => resolver.cancel(), timeoutMs);
      try {
        return await Promise.all(questions.map(async (question) => await resolve(resolver, question)));
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function resolve(resolver: Resolver, { record, host }: DnsQuestion): Promise<DnsAnswer> {
  try {
    if (record === 'CNAME') return { values: await resolver.resolveCname(host) };
    // A value longer than 255 bytes travels in pieces (RFC 7208, section 3.3, says how they are put together).
    return { values: (await resolver.resolveTxt(host)).map((pieces) => pieces.join('')) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return NO_SUCH_RECORD.has(code) ? { values: [] } : { failure: FAILURES[code] ?? OTHER_FAILURE };
  }
}

/** The name, or the record of it, does not exist: an answer like any other. */
const NO_SUCH_RECORD = new Set(['ENOTFOUND', 'ENODATA']);

const NO_ANSWER = 'DNS did not answer in time';
const OTHER_FAILURE = 'DNS could not be asked';
const FAILURES: Readonly<Record<string, string>> = {
  ETIMEOUT: NO_ANSWER,
  ECANCELLED: NO_ANSWER,
  ESERVFAIL: 'DNS did not answer: the name servers of the domain fail (SERVFAIL)',
  EREFUSED: 'DNS did not answer: the resolver refuses the question (REFUSED)',
  ECONNREFUSED: 'DNS did not answer: the resolver cannot be reached',
  EBADRESP: 'DNS did not answer: what came from the resolver cannot be read',
  EFORMERR: 'DNS did not answer: the resolver does not understand the question (FORMERR)',
  ENOTIMP: 'DNS did not answer: the resolver does not know how (NOTIMP)',
};
