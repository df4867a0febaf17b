/** Someone who asks Headgate for things through its client, and hears of every try that the client makes. */
import { setTimeout } from 'node:timers/promises';
import { ConnectionError, HeadgateError, type HeadgateClient, type HeadgateOptions } from '@headgate/sdk';
import type { Attempts } from '../attempts.ts';
import { judge, quote, type Answer, type Tried, type Verdict } from '../judge.ts';

type Fetch = NonNullable<HeadgateOptions['fetch']>;
type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** What is asked for, and what the right answer is. */
export interface Call {
  /** Such as `database.update`. */
  readonly kind: string;
  readonly method: Method;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Says what is wrong with an answer.
   *
   * @param isAgain whether an earlier try, of which nothing is known, may have done it already
   */
  readonly expect: (answer: Answer, isAgain: boolean) => string | undefined;
}

export interface Account {
  /** Asks once, with as many tries as the client makes by itself. Never fails. */
  readonly ask: (call: Call) => Promise<Verdict>;
  /** Asks until it is known what became of it. @throws GaveUpError when that is not found out */
  readonly settle: (call: Call) => Promise<Answer>;
}

/** What became of a request was not found out, or its answers stayed wrong. */
export class GaveUpError extends Error {
  override readonly name = 'GaveUpError';
}

interface AccountOptions {
  /** Makes the client, with what takes the place of `fetch`. */
  readonly connect: (fetch: Fetch) => HeadgateClient;
  /** The origin of an instance that should serve now: another one at times, when there are several. */
  readonly route: () => string;
  readonly attempts: Attempts;
}

/** Between tries of one's own, unless it is told when to come back. */
const PAUSE_MS = 150;
/** Longer than any fault, and than the client's waits in it. */
const PATIENCE_MS = 120_000;
/** What is wrong so often is not worth asking again. */
const MAX_WRONG = 3;

interface Asked {
  readonly call: Call;
  isAgain: boolean;
  last: Verdict | undefined;
}

/** What the methods of the client are, with their types looked at no more. */
type AnyCall = (path: string, options: object) => Promise<unknown>;

export function createAccount({ connect, route, attempts }: AccountOptions): Account {
  const underWay = new Map<string, Asked>();
  const client = connect(async (request) => {
    const requestId = request.headers.get('x-request-id') ?? '';
    const asked = underWay.get(requestId);
    if (asked === undefined) throw new Error('a request that nobody has asked for');
    const begunAt = performance.now();
    const tried = await tryOnce(request, route());
    const verdict = judge(tried, (answer) => asked.call.expect(answer, asked.isAgain));
    attempts.note({ kind: asked.call.kind, requestId, begunAt }, verdict);
    asked.last = verdict;
    // What was refused was not done; of what failed, nobody knows.
    asked.isAgain ||= typeof tried === 'string' || tried.status >= 500;
    if (typeof tried === 'string') throw new TypeError(`fetch failed: ${tried}`);
    const { status, headers, body } = tried;
    return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
  }) as unknown as Record<Method, AnyCall>;

  async function askOnce(asked: Asked): Promise<Verdict> {
    const { method, path, query, body, headers } = asked.call;
    const requestId = crypto.randomUUID();
    underWay.set(requestId, asked);
    const options = { params: { query, header: { ...headers, 'X-Request-Id': requestId } }, body };
    try {
      await client[method](path, options);
    } catch (error) {
      // These were judged where they came in. Whatever else the client throws is a fault of its own.
      if (!(error instanceof HeadgateError || error instanceof ConnectionError))
        attempts.complain(`the client failed by ${String(error)}`);
    } finally {
      underWay.delete(requestId);
    }
    return asked.last ?? { kind: 'closed' };
  }

  return {
    ask: async (call) => await askOnce({ call, isAgain: false, last: undefined }),
    settle: async (call) => {
      const asked: Asked = { call, isAgain: false, last: undefined };
      const until = performance.now() + PATIENCE_MS;
      for (let wrong = 0; wrong < MAX_WRONG && performance.now() < until;) {
        const verdict = await askOnce(asked);
        if (verdict.kind === 'right') return verdict.answer;
        if (verdict.kind === 'wrong') wrong += 1;
        await setTimeout('retryAfterMs' in verdict ? verdict.retryAfterMs : PAUSE_MS);
      }
      throw new GaveUpError(`${call.kind} has no right answer`);
    },
  };
}

/** Sends it to this instance. The body is read to its end: a connection may break in the middle of it. */
async function tryOnce(request: Request, origin: string): Promise<Tried> {
  const { pathname, search } = new URL(request.url);
  const body = request.body === null ? undefined : await request.text();
  try {
    const response = await fetch(`${origin}${pathname}${search}`, {
      ...{ method: request.method, headers: request.headers, redirect: 'manual', signal: request.signal },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const { status, headers } = response;
    return { status, headers, body: parse(text, status) };
  } catch {
    return request.signal.aborted ? 'silence' : 'closed';
  }
}

function parse(text: string, status: number): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Judged as what it is: not the JSON that every answer is.
    return `not JSON, with ${quote({ status, body: text })}`;
  }
}
