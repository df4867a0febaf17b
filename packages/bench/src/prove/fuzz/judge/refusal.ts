import type { Contract } from '../contract/contract.ts';
import type { Answer } from '../send/read-answer.ts';

interface Envelope {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly request_id: string;
    readonly details?: readonly { readonly field: string; readonly message: string }[];
  };
}

/** A message is read by people, in a terminal or a form. */
const MAX_MESSAGE_CHARS = 2_000;
// oxlint-disable-next-line no-control-regex -- control characters are what this finds
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;
const SECONDS = /^[1-9][0-9]{0,3}$/;

interface Refusal {
  readonly answer: Answer;
  readonly body: unknown;
  /** Whether the server could not read the request: then there is no field to name. */
  readonly isUnread: boolean;
}

/** What a refusal breaks of what all refusals are. */
export function* judgeRefusal(contract: Contract, { answer, body, isUnread }: Refusal): Generator<string> {
  const { status, headers } = answer;
  const wrong = contract.validateError(body);
  if (wrong !== undefined) {
    yield `a ${status} is no envelope: ${wrong}`;
    return;
  }
  const { code, message, request_id: requestId, details } = (body as Envelope).error;
  if (contract.statusOfCode(code) !== status) yield `${code} travels with ${status}`;
  if (requestId !== headers.get('x-request-id'))
    yield `the request id of a ${status} is not that of its header`;
  if (message.trim() === '' || message.length > MAX_MESSAGE_CHARS || CONTROL.test(message))
    yield `the message of a ${status} is empty, overlong or holds control characters`;
  if (code === 'INVALID_INPUT' && !isUnread && (details ?? []).length === 0) yield 'a 400 names no field';
  for (const { field, message: about } of details ?? [])
    if (field === '' || about.trim() === '') yield `a detail of a ${status} has no field or no message`;
  if ((status === 429 || status === 503) && !SECONDS.test(headers.get('retry-after') ?? ''))
    yield `a ${status} does not say when to repeat`;
  if (status === 401 && headers.get('www-authenticate') === undefined)
    yield 'a 401 does not say how to authenticate';
}

/** The fields that a refusal names. */
export function namedFields(body: unknown): readonly string[] {
  return ((body as Partial<Envelope> | undefined)?.error?.details ?? []).map(({ field }) => field);
}

export function codeOf(body: unknown): string | undefined {
  return (body as Partial<Envelope> | undefined)?.error?.code;
}
