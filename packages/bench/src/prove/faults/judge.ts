/** What may be answered while something is broken: the right thing, 429, 503 with `Retry-After`, or nothing in time. */

/** An answer as it came: its body parsed where it was JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** What came of one try: an answer, a connection that was closed or could not be made, or nothing at all in time. */
export type Tried = Answer | 'closed' | 'silence';

/** Says what is wrong with an answer that refuses for no passing reason; undefined for the right one. */
export type Expectation = (answer: Answer) => string | undefined;

export type Verdict =
  | { readonly kind: 'right'; readonly answer: Answer }
  /** `limited` when the sender asks too much, or all senders together do; `unavailable` for any other reason. */
  | { readonly kind: 'limited' | 'unavailable'; readonly retryAfterMs: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'wrong'; readonly what: string };

/** What the envelope of a passing refusal says, by its status. */
const PASSING: Readonly<Record<number, { kind: 'limited' | 'unavailable'; code: string }>> = {
  429: { kind: 'limited', code: 'RATE_LIMITED' },
  503: { kind: 'unavailable', code: 'UNAVAILABLE' },
};
/** How an instance begins to refuse what is more than it can answer: that it is slow is not what broke. */
const OVERLOADED = 'More is asked than this instance can answer now.';
/** Seconds (RFC 9110, section 10.2.3), and none of ours asks to wait longer than this. */
const RETRY_AFTER = /^[1-9]\d{0,2}$/;
const QUOTED_CHARS = 200;

export function judge(tried: Tried, expect: Expectation): Verdict {
  if (tried === 'closed') return { kind: 'closed' };
  if (tried === 'silence') return { kind: 'wrong', what: 'no answer in the time that a request may take' };
  const passing = PASSING[tried.status];
  if (passing === undefined) {
    const what = expect(tried);
    return what === undefined ? { kind: 'right', answer: tried } : { kind: 'wrong', what };
  }
  const { error } = (tried.body ?? {}) as { error?: { code?: unknown; message?: unknown } };
  if (error?.code !== passing.code) return { kind: 'wrong', what: `${quote(tried)} is not our envelope` };
  const retryAfter = tried.headers.get('retry-after') ?? '';
  if (!RETRY_AFTER.test(retryAfter)) return { kind: 'wrong', what: `${tried.status} without a Retry-After` };
  const kind = String(error.message).startsWith(OVERLOADED) ? 'limited' : passing.kind;
  return { kind, retryAfterMs: Number(retryAfter) * 1000 };
}

/** An answer in a line, for whoever is to find out why it is wrong. */
export function quote({ status, body }: Pick<Answer, 'status' | 'body'>): string {
  return `${status} ${(JSON.stringify(body) ?? '').slice(0, QUOTED_CHARS)}`;
}
