/** Whether an answer is one that Headgate may give under load. */
import { ErrorEnvelope } from '@headgate/schema';
import { headerOf, type Answer } from './answers.ts';

/** The refusals of overload, and the codes that they travel with. */
const OVERLOAD: Readonly<Record<number, string>> = { 429: 'RATE_LIMITED', 503: 'UNAVAILABLE' };
const WHOLE_SECONDS = /^[1-9]\d*$/;
const FIRST_FAILURE = 400;

/**
 * What is wrong with an answer; undefined when nothing is. Every failure is an envelope that carries the id of its
 * request, and a refusal for overload says in whole seconds when to come again (RFC 9110, section 10.2.3).
 *
 * @param allowed the failures that the request deserves, beside those of overload
 */
export function faultOf(answer: Answer, allowed: readonly number[] = []): string | undefined {
  const { status } = answer;
  if (status < FIRST_FAILURE) return undefined;
  const overload = OVERLOAD[status];
  if (overload === undefined && !allowed.includes(status)) return `an answer of ${status}`;
  const error = envelopeOf(answer.body);
  if (error === undefined) return `a ${status} without an envelope`;
  if (error.request_id !== headerOf(answer, 'x-request-id'))
    return `a ${status} with the id of another request`;
  if (overload === undefined) return undefined;
  if (error.code !== overload) return `a ${status} with the code ${error.code}`;
  if (!WHOLE_SECONDS.test(headerOf(answer, 'retry-after') ?? '')) return `a ${status} without Retry-After`;
  return undefined;
}

function envelopeOf(body: string): ErrorEnvelope['error'] | undefined {
  try {
    const parsed = ErrorEnvelope.safeParse(JSON.parse(Buffer.from(body, 'latin1').toString()));
    return parsed.success ? parsed.data.error : undefined;
  } catch {
    return undefined;
  }
}
