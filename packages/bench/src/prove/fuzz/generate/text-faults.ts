/** What can be wrong with a body as text and as bytes. */
import type { Chance } from '../../chance.ts';
import type { Case, Wanted } from './case.ts';
import { toSent, withHeader, type RequestParts } from './request.ts';
import { isObject } from './sites.ts';

const NAMED = { kind: 'refused', fields: ['body'] } as const satisfies Wanted;
const MAX_BODY_BYTES = 1024 * 1024;

type Spoilt = Pick<Case, 'request' | 'wanted' | 'body'>;
type Spoil = (chance: Chance, parts: RequestParts, text: string) => Spoilt;

const spoiltText = (spoil: (text: string, chance: Chance) => readonly string[]): Spoil => {
  return (chance, parts, text) => {
    const body = chance.pick(spoil(text, chance));
    return { request: toSent(parts, { body }), wanted: isJson(body) ? { kind: 'open' } : NAMED };
  };
};

/** Faults by their names. */
export const TEXT_FAULTS = {
  'malformed JSON': spoiltText((text, chance) => [
    text.slice(0, chance.below(text.length)),
    ...['x', '}', ',', '{}', '\0', ' 1', '//'].map((rest) => text + rest),
    ...['x', ',', '{', '\0', ")]}',\n", '/* a */'].map((before) => before + text),
    ...["{'a':1}", '{a:1}', '{"a":1,}', '[1,]', '{"a":}', '{"a" 1}', '{,}', '{"a":1 "b":2}'],
    ...['NaN', '-Infinity', 'undefined', 'True', '+1', '01', '.5', '1.', '0x10', '1e', '--1'].map(
      (value) => `{"a":${value}}`,
    ),
    ...['"\n"', '"\t"', '"\\x41"', '"\\u12"', '"\\', '"', "'a'"].map((value) => `{"a":${value}}`),
  ]),
  'duplicate keys': (chance, parts) => {
    const { body } = parts;
    const keys = isObject(body) ? Object.keys(body) : [];
    const key = keys.length === 0 ? 'a' : chance.pick(keys);
    const first = chance.pick(['null', '"x"', '{}', '1e400', '[[]]']);
    const text = JSON.stringify(body ?? {});
    // What counts is the last one (ECMA-262, JSON.parse); the first must not be looked at by anything.
    const doubled = text.replace('{', `{${JSON.stringify(key)}:${first}${keys.length === 0 ? '' : ','}`);
    const read: unknown = JSON.parse(doubled);
    const wrong = parts.operation.body?.validate(read);
    return {
      request: toSent(parts, { body: doubled }),
      body: read,
      wanted: wrong === undefined ? { kind: 'accepted' } : { kind: 'refused', fields: [key] },
    };
  },
  encoding: (chance, parts, text) => {
    const latin = Buffer.from(text.replace('{', '{"caf\u00e9":1,'), 'latin1');
    const [body, wanted] = chance.pick([
      // RFC 8259, section 8.1: it may be ignored.
      [Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]), { kind: 'open' }],
      [Buffer.from(text, 'utf16le'), NAMED],
      [Buffer.from(`\ufeff${text}`, 'utf16le'), NAMED],
      [latin, NAMED],
      ...[[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xe2, 0x82]].map(
        (bytes) => [inText(text, bytes), NAMED] as const,
      ),
    ] as const satisfies readonly (readonly [Buffer, Wanted])[]);
    return { request: toSent(parts, { body }), wanted, ...(wanted.kind === 'open' && { body: parts.body }) };
  },
  'media type': (chance, parts, text) => {
    const [type, wanted] = chance.pick([
      ...[
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/jsonx',
        'text/json',
        'json',
        '/',
        '',
      ].map((each) => [each, { kind: 'status', statuses: [415] }] as const),
      ...['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json;charset=UTF-8 '].map(
        (each) => [each, { kind: 'accepted' }] as const,
      ),
      ...['application/json; charset=latin1', 'application/problem+json', 'application/json, text/plain'].map(
        (each) => [each, { kind: 'open' }] as const,
      ),
    ] as const satisfies readonly (readonly [string, Wanted])[]);
    const headers = withHeader(parts.headers, 'Content-Type', type);
    return {
      request: toSent(parts, { headers, body: text }),
      wanted,
      ...(wanted.kind !== 'status' && { body: parts.body }),
    };
  },
  empty: (chance, parts) => {
    const isRequired = parts.operation.body?.isRequired === true;
    const [body, hasType] = chance.pick([
      ['', true],
      ['  \n', true],
      ['', false],
      [undefined, true],
      [undefined, false],
    ] as const);
    const headers = hasType ? parts.headers : parts.headers.filter(([name]) => name !== 'Content-Type');
    const refusal: Wanted = { kind: 'status', statuses: hasType ? [400] : [400, 415] };
    return {
      request: { ...toSent({ ...parts, body: undefined, headers }), body },
      wanted: isRequired ? refusal : { kind: 'open' },
    };
  },
  'wrong root': (chance, parts, text) => {
    const body = chance.pick(['null', '[]', '"x"', '1', 'true', `[${text}]`, '[[]]', JSON.stringify(text)]);
    return { request: toSent(parts, { body }), wanted: NAMED };
  },
  size: (chance, parts, text) => {
    const over = chance.pick([-1, 0, 1, 100_000]);
    const body = text + ' '.repeat(Math.max(0, MAX_BODY_BYTES + over - Buffer.byteLength(text)));
    const headers = chance.isLucky(0.5)
      ? parts.headers
      : withHeader(parts.headers, 'Transfer-Encoding', 'chunked');
    const wanted: Wanted = over > 0 ? { kind: 'status', statuses: [413] } : { kind: 'accepted' };
    return { request: toSent(parts, { body, headers }), wanted, ...(over <= 0 && { body: parts.body }) };
  },
} satisfies Record<string, Spoil>;

export type TextFault = keyof typeof TEXT_FAULTS;

export function spoilText(chance: Chance, parts: RequestParts, fault: TextFault): Spoilt {
  const spoil: Spoil = TEXT_FAULTS[fault];
  return spoil(chance, parts, JSON.stringify(parts.body ?? {}));
}

/** Bytes that are no UTF-8, inside a name. */
function inText(text: string, bytes: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from('{"a'), Buffer.from(bytes), Buffer.from(`":1,${text.slice(1)}`)]);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
