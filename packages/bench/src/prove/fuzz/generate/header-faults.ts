/** What can be odd or wrong with the headers of a request. */
import type { Case, Wanted } from './case.ts';
import type { Making } from './making.ts';
import { freshName } from './texts.ts';
import { showsPassword, targetOf, toSent, withHeader, type Header, type RequestParts } from './request.ts';

type Spoilt = Pick<Case, 'request' | 'wanted' | 'body'> & { readonly isElsewhere?: boolean };
type Spoil = (making: Making, parts: RequestParts) => Spoilt | undefined;

const withHeaders = (parts: RequestParts, name: string, ...values: string[]) =>
  toSent({ ...parts, headers: withHeader(parts.headers, name, ...values) });

const declares = ({ operation }: RequestParts, name: string) =>
  operation.parameters.some((parameter) => parameter.in === 'header' && parameter.name === name);

const MAX_KEY_CHARS = 255;
/** Stands in a value for what has not been sent yet. */
const UNUSED = '{unused}';

/** A header that the operation declares, judged by its schema; one that it does not declare is not looked at. */
function declared(name: string, values: readonly (readonly [value: string, wanted: Wanted])[]): Spoil {
  return ({ chance }, parts) => {
    const [given, wanted] = chance.pick(values);
    const value = given.includes(UNUSED)
      ? given.replace(UNUSED, freshName(chance, 'key')).slice(-MAX_KEY_CHARS)
      : given;
    // An answer that shows a password is never one that its reader holds.
    if (showsPassword(targetOf(parts))) return undefined;
    return {
      request: withHeaders(parts, name, value),
      wanted: declares(parts, name) ? wanted : { kind: 'accepted' },
      body: parts.body,
    };
  };
}

const each = <const W extends Wanted>(wanted: W, ...values: string[]) =>
  values.map((value) => [value, wanted] as const);
const named = (field: string) => ({ kind: 'refused', fields: [field] }) as const;
const ACCEPTED = { kind: 'accepted' } as const;
const OPEN = { kind: 'open' } as const;

/** Faults by their names. */
export const HEADER_FAULTS = {
  'Idempotency-Key': declared('Idempotency-Key', [
    ...each(named('Idempotency-Key'), '', 'a b', 'caf\u00e9', 'x'.repeat(256), 'a\tb', '\u00ff'),
    // With a key that has been used, the request would not be carried out: its answer would be given again.
    ...each(ACCEPTED, UNUSED, `"${UNUSED}`, `~${UNUSED}`, 'x'.repeat(MAX_KEY_CHARS) + UNUSED),
    ...each(OPEN, 'a, b'),
  ]),
  'If-Match': declared('If-Match', [
    ...each(named('If-Match'), '', '3', '"', '"a" "b"', 'W/', '"a"x', "'3'", '"a",,b', '"3', '\u00ff'),
    ...each(
      { kind: 'status', statuses: [412, 409, 404, 422] },
      '"0"',
      '"999999999"',
      'W/"1"',
      '"a", "b"',
      '"a,b"',
      '"\u00ff"',
    ),
    ...each(ACCEPTED, '*', ' * '),
    ...each(OPEN, `${'"a", '.repeat(100)}"b"`),
  ]),
  'If-None-Match': declared('If-None-Match', [
    ...each(named('If-None-Match'), '', '3', '"', 'W/', '"a"x', '"3'),
    ...each(ACCEPTED, '*', '"0"', 'W/"0"', '"a", "b"'),
    ...each(OPEN, `${'"a", '.repeat(100)}"b"`),
  ]),
  'X-Request-Id': ({ chance }, parts) => {
    const id = chance.pick([
      'fuzz.1',
      'x'.repeat(128),
      'x'.repeat(129),
      '',
      'a b',
      '\u00e9',
      '{"a":1}',
      'a,b',
      '../x',
    ]);
    return { request: withHeaders(parts, 'X-Request-Id', id), wanted: ACCEPTED, body: parts.body };
  },
  credentials: ({ chance }, parts) => {
    const headers = chance.pick<readonly Header[]>([
      [],
      [['Authorization', '']],
      [['Authorization', 'Bearer']],
      [['Authorization', 'Bearer ']],
      [['Authorization', 'Basic dXNlcjpwYXNz']],
      [['Authorization', 'Bearer a.b.c']],
      [['Authorization', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.']],
      [['Authorization', `Bearer ${'x'.repeat(8_000)}`]],
      [['Authorization', 'Bearer \u00ff\u00fe']],
      [['Authorization', 'Bearer a b']],
      [['Authorization', `Bearer hgo_${'0'.repeat(72)}`]],
      [['X-API-Key', 'hgp_nonsense']],
      [['X-API-Key', '']],
    ]);
    const others = parts.headers.filter(([name]) => !['Authorization', 'X-API-Key'].includes(name));
    return {
      request: toSent({ ...parts, headers: [...others, ...headers] }),
      wanted: parts.operation.isSecured ? { kind: 'status', statuses: [401] } : ACCEPTED,
    };
  },
  'credentials in another form': ({ chance }, parts) => {
    const [, value = ''] = parts.headers.find(([name]) => name === 'Authorization') ?? [];
    const token = value.replace('Bearer ', '');
    const headers = chance.pick<readonly Header[]>([
      [['Authorization', `bearer ${token}`]],
      [['Authorization', `BEARER   ${token}`]],
      [['authorization', `Bearer ${token}`]],
      [['X-API-Key', token]],
      [
        ['x-api-key', token],
        ['Authorization', ''],
      ],
    ]);
    if (token === '') return undefined;
    const others = parts.headers.filter(([name]) => name !== 'Authorization');
    return {
      request: toSent({ ...parts, headers: [...others, ...headers] }),
      wanted: ACCEPTED,
      body: parts.body,
    };
  },
  unreadable: ({ chance }, parts) => {
    const [name, value] = chance.pick<Header>([
      ['Content-Length', 'abc'],
      ['Content-Length', '-1'],
      ['Content-Length', '1, 2'],
      ['Transfer-Encoding', 'gzip'],
      ['Transfer-Encoding', 'chunked, x'],
      ['X-Odd', 'a\0b'],
      ['X Odd', 'a'],
      ['', 'a'],
      ['X-Odd\0', 'a'],
      ['X-Long', 'x'.repeat(40_000)],
    ]);
    return {
      request: toSent({ ...parts, headers: [...parts.headers, [name, value]], body: undefined }),
      wanted: { kind: 'status', statuses: [400] },
      isElsewhere: true,
    };
  },
  'of no matter': ({ chance }, parts) => {
    const [name, value] = chance.pick<Header>([
      ...['text/html', '*/*;q=0', 'application/xml', ';;;', '', 'text/csv'].map(
        (value) => ['Accept', value] as const,
      ),
      ['Accept-Encoding', 'br, gzip;q=0, *'],
      ['Cookie', 'session=1; __proto__=x'],
      ['X-HTTP-Method-Override', 'DELETE'],
      ['X-Forwarded-For', '1.2.3.4, nonsense, ::1'],
      ['X-Forwarded-Host', 'evil.example'],
      ['Forwarded', 'for="_x";proto=https'],
      ['Range', 'bytes=0-1'],
      ['Origin', 'https://evil.example'],
      ['traceparent', '00-zz-zz-zz'],
      ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ['If-Modified-Since', 'nonsense'],
      ['Expect', '100-continue'],
      ['Expect', 'nonsense'],
      ['Upgrade', 'h2c'],
      ['TE', 'trailers'],
      ['__proto__', 'x'],
      ['X-Long', 'x'.repeat(16_000)],
    ]);
    return { request: withHeaders(parts, name, value), wanted: ACCEPTED, body: parts.body };
  },
} satisfies Record<string, Spoil>;

export type HeaderFault = keyof typeof HEADER_FAULTS;

/** @returns undefined where an operation has nothing of the kind */
export function spoilHeaders(making: Making, parts: RequestParts, fault: HeaderFault): Spoilt | undefined {
  const spoil: Spoil = HEADER_FAULTS[fault];
  return spoil(making, parts);
}
