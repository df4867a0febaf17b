/** What can be wrong with the method and the path of a request. */
import { isPathOf, type Contract } from '../contract/contract.ts';
import type { Case } from './case.ts';
import type { Making } from './making.ts';
import { targetOf, toSent, type RequestParts } from './request.ts';

type Spoilt = Pick<Case, 'request' | 'wanted' | 'body'> & { readonly isElsewhere?: boolean };
type Spoil = (making: Making, parts: RequestParts, contract: Contract) => Spoilt | undefined;

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'QUERY',
  'PROPFIND',
  'PURGE',
  'LINK',
];
/** No method of HTTP: the server itself cannot read it. */
const UNREADABLE_METHODS = ['get', 'BREW', 'G\u00c9T', 'G-T', 'POST\t', '\u0000'];

/** Faults by their names. */
export const METHOD_FAULTS = {
  'another method': ({ chance }, parts, { operations }) => {
    // A path may be one of another operation too, whose parameter takes any name.
    const at = targetOf({ ...parts, query: [] });
    const taken = new Set(operations.filter((each) => isPathOf(each, at)).map(({ method }) => method));
    const method = chance.pick(METHODS.filter((each) => !taken.has(each)));
    return {
      request: toSent({ ...parts, method }),
      wanted: { kind: 'status', statuses: [404, ...(parts.operation.isSecured ? [] : [401])] },
      isElsewhere: true,
    };
  },
  'no method': ({ chance }, parts) => ({
    request: { ...toSent(parts), method: chance.pick(UNREADABLE_METHODS), body: undefined },
    wanted: { kind: 'status', statuses: [400] },
    isElsewhere: true,
  }),
  HEAD: (_making, parts) =>
    parts.method === 'GET'
      ? { request: toSent({ ...parts, method: 'HEAD' }), wanted: { kind: 'accepted' } }
      : undefined,
  'no such path': ({ chance }, parts) => {
    const target = targetOf({ ...parts, query: [] });
    const path = chance.pick([
      ...[`${target}/nowhere`, `${target}/x/y/z`, `/v2${target}`, `${target}//`, target.toUpperCase()],
      ...['/nowhere', '/v1', '/v1/', '/v1/nowhere', '/favicon.ico', '/.env', '/v1/projects/a/b/c/d/e'],
      ...[
        '/%2e%2e/%2e%2e/etc/passwd',
        '//evil.example/v1',
        '/v1/%00',
        '/\u00ff',
        '/v1/projects%2F',
        `/${'a/'.repeat(500)}`,
      ],
    ]);
    return {
      request: { ...toSent(parts), target: path },
      wanted: { kind: 'status', statuses: [404, 400, 401] },
      isElsewhere: true,
    };
  },
  'a slash more': (_making, parts) => ({
    request: { ...toSent(parts), target: targetOf(parts).replace(/(\?|$)/, '/$1') },
    wanted: { kind: 'status', statuses: [404, ...(parts.operation.isSecured ? [] : [401])] },
    isElsewhere: true,
  }),
  'a body where none belongs': ({ chance }, parts) =>
    parts.operation.body === undefined
      ? {
          request: toSent(parts, { body: chance.pick(['{}', '{"a":1}', 'x', '', '[', 'x'.repeat(100_000)]) }),
          wanted: { kind: 'open' },
        }
      : undefined,
} satisfies Record<string, Spoil>;

export type MethodFault = keyof typeof METHOD_FAULTS;

/** @returns undefined where an operation has nothing of the kind */
export function spoilMethod(
  making: Making,
  { parts, contract }: { readonly parts: RequestParts; readonly contract: Contract },
  fault: MethodFault,
): Spoilt | undefined {
  const spoil: Spoil = METHOD_FAULTS[fault];
  return spoil(making, parts, contract);
}
