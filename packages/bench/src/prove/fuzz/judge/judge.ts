/** Holds an answer against what openapi.yaml says, and against what was to be answered. */
import type { Contract, DeclaredAnswer } from '../contract/contract.ts';
import type { Case } from '../generate/case.ts';
import type { Answer } from '../send/read-answer.ts';
import { judgeRefusal } from './refusal.ts';
import { judgeWanted } from './wanted.ts';

/** What is promised of answers. */
export type Promised = 'serves' | 'contract' | 'refusal' | 'acceptance' | 'round trip' | 'repetition';

export interface Breach {
  readonly promised: Promised;
  readonly what: string;
}

export interface Judged {
  readonly breaches: readonly Breach[];
  /** The body, where it is JSON. */
  readonly body: unknown;
}

/** Present only where the answer is given again. */
const ONLY_SOMETIMES = new Set(['idempotency-replayed']);
const REQUEST_ID = /^[A-Za-z0-9_.-]{1,128}$/;

/** What an answer breaks. */
export function judge(contract: Contract, { operation, request, wanted }: Case, answer: Answer): Judged {
  const breaches: Breach[] = [];
  const breach = (promised: Promised, what: string) => void breaches.push({ promised, what });
  const { status } = answer;
  const body = parseBody(answer);
  if (status >= 500) breach('serves', `${status}`);
  // What the server itself cannot read never was a request to an operation.
  const isUnread = status === 400 && answer.headers.get('x-content-type-options') === undefined;
  const declared = operation?.answers[status];
  if (operation !== undefined && !isUnread) {
    if (declared === undefined) breach('contract', `the status ${status} is not declared`);
    else
      for (const what of judgeForm(declared, { answer, body, method: request.method }))
        breach('contract', what);
  }
  for (const what of judgeRequestId(request.headers, answer)) breach('contract', what);
  if (status >= 400 && request.method !== 'HEAD')
    for (const what of judgeRefusal(contract, { answer, body, isUnread })) breach('refusal', what);
  for (const what of judgeWanted(wanted, { answer, body, request })) breach('acceptance', what);
  return { breaches, body };
}

interface Form {
  readonly answer: Answer;
  readonly body: unknown;
  readonly method: string;
}

/** Headers, media type and body. */
function* judgeForm({ headers, content }: DeclaredAnswer, { answer, body, method }: Form): Generator<string> {
  for (const [name, validate] of Object.entries(headers)) {
    const value = answer.headers.get(name);
    if (value === undefined) {
      if (!ONLY_SOMETIMES.has(name)) yield `the header ${name} of a ${answer.status} is missing`;
      continue;
    }
    const wrong = validate(value);
    if (wrong !== undefined) yield `the header ${name} of a ${answer.status} ${wrong}`;
  }
  const types = Object.keys(content);
  if (types.length === 0) {
    if (answer.body.length > 0) yield `a ${answer.status} has a body`;
    return;
  }
  const [type = ''] = (answer.headers.get('content-type') ?? '').toLowerCase().split(';');
  const validate = content[type];
  if (validate === undefined) yield `a ${answer.status} is sent as ${type || 'nothing'}`;
  else if (method !== 'HEAD') {
    const wrong = validate(type === 'application/json' ? body : answer.body.toString());
    if (wrong !== undefined) yield `the body of a ${answer.status}: ${wrong}`;
  }
}

function* judgeRequestId(sent: Case['request']['headers'], { headers }: Answer): Generator<string> {
  const given = sent.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1];
  const answered = headers.get('x-request-id');
  if (answered === undefined || !REQUEST_ID.test(answered))
    yield 'the header x-request-id is missing or malformed';
  else if (given !== undefined && REQUEST_ID.test(given) && given !== answered)
    yield 'a well-formed X-Request-Id is not kept';
}

/** Undefined for what is no JSON, which no schema of an answer allows. */
function parseBody({ headers, body }: Answer): unknown {
  if (headers.get('content-type')?.startsWith('application/json') !== true) return undefined;
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}
