import type { Wanted } from '../generate/case.ts';
import type { Sent } from '../send/connection.ts';
import type { Answer } from '../send/read-answer.ts';
import { beyondSchema } from './beyond-schema.ts';
import { codeOf, namedFields } from './refusal.ts';

interface Answered {
  readonly answer: Answer;
  readonly body: unknown;
  readonly request: Sent;
}

/** What the state of things may say to a request that is as the contract has it. */
const STATE = new Set([
  ...['LIMIT_EXCEEDED', 'CONFLICT', 'PRECONDITION_FAILED', 'UPSTREAM_CHECK_FAILED', 'RATE_LIMITED'],
]);
const MAX_BODY_BYTES = 1024 * 1024;

/** What an answer breaks of what was to be answered. */
export function* judgeWanted(wanted: Wanted, answered: Answered): Generator<string> {
  const { status } = answered.answer;
  if (status >= 500) return;
  switch (wanted.kind) {
    case 'open':
      return;
    case 'status':
      if (!wanted.statuses.includes(status)) yield `${status} in place of ${wanted.statuses.join(' or ')}`;
      return;
    case 'accepted':
      yield* judgeAccepted(wanted, answered);
      return;
    case 'refused':
      yield* judgeRefused(wanted.fields, answered);
  }
}

function* judgeAccepted(
  { odd }: Extract<Wanted, { kind: 'accepted' }>,
  { answer, body }: Answered,
): Generator<string> {
  const { status } = answer;
  if (status < 400 || STATE.has(codeOf(body) ?? '')) return;
  const named = namedFields(body);
  if (odd !== undefined && beyondSchema({ ...odd, status, named }) !== undefined) return;
  const what = named.length === 0 ? '' : ` naming ${named.slice(0, 3).join(', ')}`;
  yield `what the contract allows${odd === undefined ? '' : ` in ${withoutIndices(odd.field)}`} is refused with ${status}${what}`;
}

function* judgeRefused(fields: readonly string[], { answer, body, request }: Answered): Generator<string> {
  const { status } = answer;
  const of = fields.map(withoutIndices).join(' or ');
  if (status === 413 && Buffer.byteLength(request.body ?? '') > MAX_BODY_BYTES) return;
  if (status < 400) yield `what the contract forbids in ${of} is accepted with ${status}`;
  else if (status !== 400) yield `what the contract forbids in ${of} is answered with ${status}`;
  else if (!fields.some((field) => names(namedFields(body), field)))
    yield `${of} is wrong, and ${namedFields(body).slice(0, 3).map(withoutIndices).join(', ') || 'nothing'} is named`;
}

/**
 * Whether a refusal names a field, what it stands in, or what stands in it. Long names are cut where they are named. Where
 * all of the body is another, every field of it is.
 */
function names(named: readonly string[], field: string): boolean {
  const isInside = (inner: string, outer: string) =>
    inner.startsWith(outer) && /^[.[]/.test(inner.slice(outer.length));
  return named.some(
    (each) =>
      each === field ||
      field === 'body' ||
      isInside(field, each) ||
      isInside(each, field) ||
      (each.endsWith('…') && field.startsWith(each.slice(0, -1))),
  );
}

/** So that what is broken in many places of a list is told once. */
function withoutIndices(field: string): string {
  return field
    .replaceAll(/\[\d+\]/g, '[]')
    .replaceAll(/(?:extra|p)_?\d+/g, 'extra')
    .slice(0, 80);
}
