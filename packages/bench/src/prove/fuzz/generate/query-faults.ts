/** What can be wrong with the query of a request. */
import type { Parameter } from '../contract/contract.ts';
import type { Case, Wanted } from './case.ts';
import type { Making } from './making.ts';
import { toSent, type RequestParts } from './request.ts';
import { CONTROLS, ODD_TEXTS } from './texts.ts';
import { makeValue } from './values.ts';

type Spoilt = Pick<Case, 'request' | 'wanted' | 'body'>;
type Query = RequestParts['query'];
type Spoil = (making: Making, parts: RequestParts, parameter: Parameter) => Spoilt | undefined;

const MANY = 1_000;
const LONG = 20_000;
const VALUES = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '1',
    '100',
    '101',
    '1.5',
    '1e1',
    '+1',
    '0x10',
    ' 1',
    '1 ',
    '00',
    '٣',
    'true',
    'TRUE',
    'yes',
  ],
  ...[
    'null',
    'undefined',
    '[]',
    '{}',
    'a,b',
    '2026-11-21',
    '2026-13-45T00:00:00Z',
    '2026-11-21T08:30:00',
    '[object Object]',
  ],
  ...[
    '2026-11-21T08:30:00z',
    '2016-12-31T23:59:60Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999999+23:59',
  ],
] as const;

/** The query without this parameter, and then with it in other ways. */
const over = (parts: RequestParts, { name }: Parameter, ...given: Query): RequestParts => ({
  ...parts,
  query: [...parts.query.filter(([each]) => each !== name), ...given],
});

function judged({ name, schema, validate }: Parameter, text: string): Wanted {
  if (validate(text) !== undefined) return { kind: 'refused', fields: [name] };
  // Whose it is, and what there is, is not for the contract to say.
  return name.endsWith('_id') || ['from', 'to', 'page_token'].includes(name) || schema.readOnly === true
    ? { kind: 'open' }
    : { kind: 'accepted', odd: { field: name, value: text } };
}

/** Faults by their names. */
export const QUERY_FAULTS = {
  missing: (_making, parts, parameter) => ({
    request: toSent(over(parts, parameter)),
    wanted: parameter.isRequired ? { kind: 'refused', fields: [parameter.name] } : { kind: 'accepted' },
    body: parts.body,
  }),
  unknown: ({ chance }, parts, { name }) => {
    const extra = chance.pick([
      'extra',
      name.toUpperCase(),
      `${name}[]`,
      `${name}[a]`,
      `${name}.a`,
      '__proto__',
      'constructor',
      'é',
    ]);
    const query: Query = [
      ...parts.query,
      [encodeURIComponent(extra), chance.pick(['', '1', 'true', undefined])],
    ];
    return { request: toSent({ ...parts, query }), wanted: { kind: 'refused', fields: [extra] } };
  },
  twice: ({ chance }, parts, parameter) => {
    const [first, second] = [chance.pick(VALUES), chance.pick(VALUES)].map(encodeURIComponent);
    const { name } = parameter;
    return {
      request: toSent(over(parts, parameter, [name, first], [name, second])),
      wanted: { kind: 'refused', fields: [name] },
    };
  },
  value: ({ chance }, parts, parameter) => {
    const text = chance.pick([...VALUES, ...VALUES, ...ODD_TEXTS, ...CONTROLS, 'x'.repeat(LONG)]);
    const sent = text.length === LONG ? text : encodeURIComponent(text);
    return {
      request: toSent(over(parts, parameter, [parameter.name, sent])),
      wanted: judged(parameter, text),
      body: parts.body,
    };
  },
  encoding: (making, parts, parameter) => {
    const { chance } = making;
    const { name, schema } = parameter;
    const escaped = (text: string) =>
      [...Buffer.from(text)].map((code) => `%${code.toString(16).padStart(2, '0')}`).join('');
    const text = String(makeValue(making, schema, [name]));
    if (chance.isLucky(0.5)) {
      return {
        request: toSent(over(parts, parameter, [escaped(name), escaped(text)])),
        wanted: { kind: 'accepted' },
        body: parts.body,
      };
    }
    const raw = chance.pick(['%', '%zz', '%e2%82', '%ff', '%C0%80', 'a%', '+', ';', '&', '&&=', '=', '#']);
    return { request: toSent(over(parts, parameter, [name, raw])), wanted: { kind: 'open' } };
  },
  many: (_making, parts) => {
    const extra = Array.from({ length: MANY }, (_, index) => [`p${index}`, String(index)] as const);
    return {
      request: toSent({ ...parts, query: [...parts.query, ...extra] }),
      wanted: { kind: 'refused', fields: ['p0'] },
    };
  },
} satisfies Record<string, Spoil>;

export type QueryFault = keyof typeof QUERY_FAULTS;

/** @returns undefined where an operation declares no query */
export function spoilQuery(making: Making, parts: RequestParts, fault: QueryFault): Spoilt | undefined {
  const spoil: Spoil = QUERY_FAULTS[fault];
  const parameters = parts.operation.parameters.filter((parameter) => parameter.in === 'query');
  if (parameters.length === 0) return undefined;
  return spoil(making, parts, making.chance.pick(parameters));
}
