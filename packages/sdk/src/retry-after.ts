/**
 * How long an answer asks to wait before the next try: whole seconds or a date (RFC 9110 section 10.2.3).
 *
 * @returns undefined when it does not say, or says it in no form that there is
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get('Retry-After')?.trim();
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // Every date of HTTP names its day (section 5.6.7); `Date.parse` takes much else, such as a signed number.
  const at = /^[A-Za-z]/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) return undefined;
  // Counted from the server's own clock where the answer tells it: the one here may go wrong.
  const now = Date.parse(headers.get('Date') ?? '');
  return Math.max(0, at - (Number.isNaN(now) ? Date.now() : now));
}
