/** What was found to be broken, each thing once, with the request that shows it. */
import type { Case } from './generate/case.ts';
import type { Breach, Promised } from './judge/judge.ts';
import type { Sent } from './send/connection.ts';

export interface Finding extends Breach {
  readonly where: string;
  readonly kind: string;
  readonly number: number;
  readonly request: Sent;
  readonly answer: string;
  count: number;
}

export interface Findings {
  /** @returns whether it is the first of its kind */
  readonly add: (
    breach: Breach,
    at: Pick<Finding, 'where' | 'kind' | 'number' | 'request' | 'answer'>,
  ) => boolean;
  /** A smaller request that shows the same. */
  readonly replace: (breach: Breach, where: string, request: Sent) => void;
  readonly all: () => readonly Finding[];
  /** How often a promise was broken. */
  readonly count: (...promised: Promised[]) => number;
}

export function createFindings(): Findings {
  const found = new Map<string, Finding>();
  const keyOf = ({ promised, what }: Breach, where: string) => `${where} ${promised} ${what}`;
  return {
    add: (breach, at) => {
      const key = keyOf(breach, at.where);
      const known = found.get(key);
      if (known !== undefined) known.count += 1;
      else found.set(key, { ...breach, ...at, count: 1 });
      return known === undefined;
    },
    replace: (breach, where, request) => {
      const known = found.get(keyOf(breach, where));
      if (known !== undefined) found.set(keyOf(breach, where), { ...known, request });
    },
    all: () => [...found.values()],
    count: (...promised) =>
      [...found.values()]
        .filter((finding) => promised.includes(finding.promised))
        .reduce((sum, { count }) => sum + count, 0),
  };
}

const SECRET_HEADERS = new Set(['authorization', 'x-api-key', 'cookie']);
const MAX_SHOWN_CHARS = 400;

/** A finding as people read it: what is broken, and a request that shows it, without its credentials. */
export function describeFinding({ where, kind, what, count, number, request, answer }: Finding): string {
  const headers = request.headers
    .filter(([name]) => !SECRET_HEADERS.has(name.toLowerCase()))
    .map(([name, value]) => ` -H ${shown(`${name}: ${value}`)}`)
    .join('');
  const body = request.body === undefined ? '' : ` -d ${shown(Buffer.from(request.body).toString())}`;
  return [
    `${where}: ${what} (${kind}, ${count} times, first with request ${number})`,
    `    ${request.method} ${shown(request.target)}${headers}${body}`,
    `    ${answer.slice(0, MAX_SHOWN_CHARS)}`,
  ].join('\n');
}

function shown(text: string): string {
  const quoted = JSON.stringify(text);
  return quoted.length <= MAX_SHOWN_CHARS
    ? quoted
    : `${quoted.slice(0, MAX_SHOWN_CHARS)}… (${text.length} characters)`;
}

/** Where a request went. */
export function whereOf({ operation, request }: Case): string {
  return operation?.id ?? `${request.method} elsewhere`;
}
