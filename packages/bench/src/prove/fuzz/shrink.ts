/** Makes a request that shows something smaller, as long as it shows the same. */
import type { Case } from './generate/case.ts';
import { isObject } from './generate/sites.ts';
import type { Breach } from './judge/judge.ts';
import type { Sent } from './send/connection.ts';

/** Each try is a request; what is small enough after so many is small enough. */
const MAX_TRIES = 30;
const NEEDED_HEADERS = new Set(['authorization', 'x-api-key', 'content-type']);

/**
 * The request with as few fields, headers and parameters as still show the breach.
 *
 * @param breaches what another request of the same kind breaks
 */
export async function shrink(
  theCase: Case,
  breach: Breach,
  breaches: (smaller: Case) => Promise<readonly Breach[]>,
): Promise<Sent> {
  let smallest = theCase;
  let tries = 0;
  for (let isSmaller = true; isSmaller && tries < MAX_TRIES;) {
    isSmaller = false;
    for (const smaller of smallerOnes(smallest)) {
      if (tries >= MAX_TRIES) break;
      tries += 1;
      const found = await breaches(smaller);
      if (!found.some(({ promised, what }) => promised === breach.promised && what === breach.what)) continue;
      smallest = smaller;
      isSmaller = true;
      break;
    }
  }
  return smallest.request;
}

function* smallerOnes(theCase: Case): Generator<Case> {
  const { request } = theCase;
  for (const [name] of request.headers.filter(([each]) => !NEEDED_HEADERS.has(each.toLowerCase())))
    yield { ...theCase, request: { ...request, headers: request.headers.filter(([each]) => each !== name) } };
  const [path = '', query] = request.target.split('?');
  const parameters = query?.split('&') ?? [];
  for (const parameter of parameters) {
    const others = parameters.filter((each) => each !== parameter);
    const target = others.length === 0 ? path : `${path}?${others.join('&')}`;
    yield { ...theCase, request: { ...request, target } };
  }
  yield* smallerBodies(theCase);
}

/** Without one field, where that makes right what was wrong as little as the other way round. */
function* smallerBodies(theCase: Case): Generator<Case> {
  const { body, operation, request, wanted } = theCase;
  const schema = operation?.body;
  // What is the matter with a text is not to be seen in what it reads as, and what is deep cannot be written again.
  const isWritten = theCase.kind.startsWith('text:') || theCase.kind === 'body: deep';
  if (schema === undefined || !isObject(body) || isWritten) return;
  for (const name of Object.keys(body)) {
    const { [name]: _left, ...others } = body;
    const isRight = schema.validate(others) === undefined;
    if (isRight !== (wanted.kind === 'accepted')) continue;
    yield { ...theCase, body: others, request: { ...request, body: JSON.stringify(others) } };
  }
}
