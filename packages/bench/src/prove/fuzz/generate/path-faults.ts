/** What can be wrong with the ids in a path. */
import type { Parameter } from '../contract/contract.ts';
import type { Case, Wanted } from './case.ts';
import type { Making } from './making.ts';
import type { Ids } from './names.ts';
import { toSent, type RequestParts } from './request.ts';
import { ODD_TEXTS } from './texts.ts';

type Spoilt = Pick<Case, 'request' | 'wanted' | 'body'> & { readonly isElsewhere?: boolean };
type Spoil = (making: Making, parts: RequestParts, parameter: Parameter) => Spoilt | undefined;

/** A resource that is not there, or not the caller's; an organization that is not theirs is forbidden. */
const gone = ({ name }: Parameter): Wanted => ({
  kind: 'status',
  statuses: [name === 'org_id' ? 403 : 404],
});

/** What becomes of a text as a path parameter: nothing can be called so, or it is not there. */
function judged(parameter: Parameter, text: string): Wanted {
  const wrong = parameter.validate(text);
  return wrong === undefined ? gone(parameter) : { kind: 'refused', fields: [parameter.name] };
}

const withPath = (parts: RequestParts, { name }: Parameter, raw: string) =>
  toSent({ ...parts, path: { ...parts.path, [name]: raw } });

const TEXTS = [
  'a b',
  'a/b',
  'a?b',
  'a#b',
  'a!b',
  'a\0b',
  'a\nb',
  '*',
  ':',
  ' ',
  '~',
  "'",
  '"',
  '{id}',
  'é',
  '%',
];
/** Not of any form that is percent-decoded, or nothing where something must be: there may be no such path at all. */
const UNREADABLE = ['%', '%zz', '%e2%82', '%C0%80', '%ED%A0%80', '%ff'];
const NOWHERE = ['', '.', '..', '%2e%2e', '%2E', '../../v1/regions', '..%2f..', '\\..\\', ';a=b', 'x;y'];

/** Faults by their names. */
export const PATH_FAULTS = {
  malformed: ({ chance }, parts, parameter) => {
    const text = chance.pick([...TEXTS, ...ODD_TEXTS]);
    return { request: withPath(parts, parameter, encodeURIComponent(text)), wanted: judged(parameter, text) };
  },
  overlong: ({ chance }, parts, parameter) => {
    const { maxLength = 16 } = parameter.schema;
    const text = 'f'.repeat(chance.pick([maxLength - 1, maxLength, maxLength + 1, 10 * maxLength, 8000]));
    return { request: withPath(parts, parameter, text), wanted: judged(parameter, text) };
  },
  encoded: ({ chance }, parts, parameter) => {
    const text = decodeURIComponent(parts.path[parameter.name] ?? '');
    const digits = chance.pick([
      (code: number) => code.toString(16).padStart(2, '0'),
      (code: number) => code.toString(16).padStart(2, '0').toUpperCase(),
    ]);
    const raw = [...Buffer.from(text)].map((code) => `%${digits(code)}`).join('');
    return { request: withPath(parts, parameter, raw), wanted: { kind: 'accepted' }, body: parts.body };
  },
  unreadable: ({ chance }, parts, parameter) => ({
    request: withPath(parts, parameter, `a${chance.pick(UNREADABLE)}b`),
    wanted: { kind: 'status', statuses: [parameter.name === 'org_id' ? 403 : 400, 400] },
  }),
  nowhere: ({ chance }, parts, parameter) => {
    const request = withPath(parts, parameter, chance.pick(NOWHERE));
    return { request: { ...request, method: 'GET' }, wanted: { kind: 'open' }, isElsewhere: true };
  },
  missing: ({ chance }, parts, parameter) => {
    const text = decodeURIComponent(parts.path[parameter.name] ?? '');
    const other = text.slice(0, -4) + chance.pick(['0000', '1111', 'abcd']);
    return { request: withPath(parts, parameter, other), wanted: judged(parameter, other) };
  },
  'another kind': ({ chance, names }, parts, parameter) => {
    const others = (Object.keys(names.ids) as (keyof Ids)[]).filter((name) => name !== parameter.name);
    const id = names.ids[chance.pick(others)];
    return { request: withPath(parts, parameter, id), wanted: judged(parameter, id) };
  },
  foreign: ({ names }, parts, parameter) => {
    const id = names.foreign[parameter.name as keyof Ids];
    return { request: withPath(parts, parameter, id), wanted: judged(parameter, id) };
  },
} satisfies Record<string, Spoil>;

export type PathFault = keyof typeof PATH_FAULTS;

/** @returns undefined where an operation has no id in its path */
export function spoilPath(making: Making, parts: RequestParts, fault: PathFault): Spoilt | undefined {
  const spoil: Spoil = PATH_FAULTS[fault];
  const parameters = parts.operation.parameters.filter((parameter) => parameter.in === 'path');
  if (parameters.length === 0) return undefined;
  return spoil(making, parts, making.chance.pick(parameters));
}
