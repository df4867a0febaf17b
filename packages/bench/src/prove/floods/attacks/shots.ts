/** Requests that are too large, too deep, too many, or none at all. */
import { MAX_BODY_BYTES } from '@headgate/schema';
import { request } from '../traffic.ts';
import type { Shot } from './exchange.ts';

/** Somebody with a good token, and a project. */
export interface Attacker {
  readonly token: string;
  readonly projectId: string;
}

const BAD_INPUT = [400];
const DEEP = 100_000;
const MANY = 10_000;
const PIPELINED = 300;
const KIB = 1024;

const databasesOf = ({ projectId }: Attacker) => `/v1/projects/${projectId}/databases`;
const livez = (headers = '') => `GET /livez HTTP/1.1\r\nHost: headgate.test\r\n${headers}\r\n`;

function posted(
  attacker: Attacker,
  what: string,
  body: string,
  allowed: readonly number[] = BAD_INPUT,
): Shot {
  const { token } = attacker;
  return { what, bytes: request('POST', databasesOf(attacker), { token, body }), allowed };
}

/** Bodies as large as they may be, larger, and larger without saying so. */
export function largeBodies(attackers: readonly Attacker[]): Shot[] {
  const filled = (size: number) => `{"name":"${'x'.repeat(size - '{"name":""}'.length)}"}`;
  const chunk = `${(64 * KIB).toString(16)}\r\n${'x'.repeat(64 * KIB)}\r\n`;
  const chunked = (attacker: Attacker) =>
    `POST ${databasesOf(attacker)} HTTP/1.1\r\nHost: headgate.test\r\nAuthorization: Bearer ${attacker.token}\r\n` +
    `Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}0\r\n\r\n`;
  return attackers.flatMap((attacker) => [
    posted(attacker, 'a body of 1 MiB', filled(MAX_BODY_BYTES)),
    posted(attacker, 'a body of more than 1 MiB', filled(MAX_BODY_BYTES + 1), [413]),
    { what: 'chunks of more than 1 MiB', bytes: chunked(attacker), allowed: [413] },
  ]);
}

/** JSON that takes long to read, or a deep stack, for whoever does not mind. */
export function awkwardJson(attackers: readonly Attacker[]): Shot[] {
  const deep = (open: string, close: string) => `${open.repeat(DEEP)}1${close.repeat(DEEP)}`;
  const items = (item: string) => `[${Array.from({ length: MANY }, () => item).join(',')}]`;
  const bodies: Record<string, string> = {
    'nested arrays': deep('[', ']'),
    'nested objects': deep('{"a":', '}'),
    'nested arrays in a field': `{"name":${deep('[', ']')}}`,
    'unclosed arrays': '['.repeat(DEEP),
    'an array of 10,000 items': items('{"host":"db.example.com"}'),
    'a field of 10,000 strings': `{"excluded_schemas":${items('"public"')}}`,
    'a field of 10,000 wrong items': `{"replication_slots":${items('1')}}`,
    'a field of 10,000 objects': `{"replication_slots":${items('{"slot_name":"a","tables":[1,2]}')}}`,
    '10,000 unknown fields': `{${Array.from({ length: MANY }, (_, n) => `"f${n}":1`).join(',')}}`,
    'a million digits': `{"port":${'1'.repeat(1_000_000)}}`,
    'a string of escapes': `{"name":"${String.raw`\u0000`.repeat(150_000)}"}`,
  };
  return attackers.flatMap((attacker) =>
    Object.entries(bodies).map(([what, body]) => posted(attacker, what, body)),
  );
}

/** Headers as large and as many as they may be, and more. */
export function enormousHeaders({ token }: Attacker): Shot[] {
  const asked = (what: string, headers: Record<string, string>, allowed: readonly number[]): Shot => ({
    ...{ what, bytes: request('GET', '/v1/regions', { token, headers }), allowed },
  });
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-H${n}`, 'value']));
  return [
    asked('headers of 30 KiB', { 'X-Long': 'a'.repeat(28 * KIB) }, []),
    asked('headers of 33 KiB', { 'X-Long': 'a'.repeat(33 * KIB) }, BAD_INPUT),
    asked('headers of 1 MiB', { 'X-Long': 'a'.repeat(1_000 * KIB) }, BAD_INPUT),
    asked('1,500 headers', many(1_500), []),
    asked('20,000 headers', many(20_000), BAD_INPUT),
    {
      what: 'a target of 30 KiB',
      bytes: request('GET', `/v1/${'a'.repeat(30 * KIB)}`, { token }),
      allowed: [404],
    },
  ];
}

/** Hundreds of requests in one packet, each with its number for an id. */
export function pipelined(attackers: readonly Attacker[]): Shot[] {
  const several = (one: (n: number) => string) =>
    Array.from({ length: PIPELINED }, (_, n) => one(n)).join('');
  return [
    {
      ...{ what: `${PIPELINED} requests for health at once`, answers: PIPELINED, allowed: [] },
      bytes: several((n) => livez(`X-Request-Id: ${n}\r\n`)),
    },
    ...attackers.map((attacker) => ({
      ...{ what: `${PIPELINED} requests at once`, answers: PIPELINED, allowed: [] },
      bytes: several((n) =>
        request('GET', databasesOf(attacker), {
          token: attacker.token,
          headers: { 'X-Request-Id': String(n) },
        }),
      ),
    })),
  ];
}

/** Methods that nobody implements, and ways of HTTP that few use. */
export function oddRequests(attacker: Attacker): Shot[] {
  const { token } = attacker;
  const odd = (method: string, path: string, headers = {}): Shot => ({
    ...{ what: `${method} ${path}`, bytes: request(method, path, { token, headers }), allowed: [400, 404] },
    isHead: method === 'HEAD',
  });
  const body = '{"name":"x"}';
  const expecting = { Expect: '100-continue', 'Content-Type': 'application/json', 'Content-Length': '12' };
  return [
    ...['HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'CONNECT', 'DELETE'].map((method) =>
      odd(method, '/v1/regions'),
    ),
    odd('CONNECT', 'upstream.example:443'),
    odd('OPTIONS', '*'),
    odd('GET', '/livez', { Connection: 'Upgrade', Upgrade: 'websocket' }),
    odd('GET', '/livez', {
      Connection: 'Upgrade, HTTP2-Settings',
      Upgrade: 'h2c',
      'HTTP2-Settings': 'AAMAAABk',
    }),
    {
      ...{ what: 'a body that is expected', allowed: BAD_INPUT },
      bytes: `${request('POST', databasesOf(attacker), { token, headers: expecting })}${body}`,
    },
    { what: 'HTTP/1.0', bytes: 'GET /livez HTTP/1.0\r\n\r\n', allowed: BAD_INPUT },
    { what: 'the preface of HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', allowed: BAD_INPUT },
    { what: 'half of a connection', bytes: livez(), allowed: [], isHalfClosed: true },
    {
      what: 'half of a request',
      bytes: 'GET /livez HTTP/1.1\r\nHost:',
      allowed: BAD_INPUT,
      isHalfClosed: true,
    },
  ];
}

/** Requests whose end one server may see elsewhere than another (RFC 9112, section 11.2), and what is no request. */
export function ambiguousRequests(attacker: Attacker): Shot[] {
  const head = `POST ${databasesOf(attacker)} HTTP/1.1\r\nHost: headgate.test\r\nAuthorization: Bearer ${attacker.token}\r\nContent-Type: application/json\r\n`;
  const hidden = 'GET /v1/regions HTTP/1.1\r\nHost: headgate.test\r\nX-Request-Id: smuggled\r\n\r\n';
  const shapes: Record<string, string> = {
    'a length and chunks': `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    'chunks and a length': `Transfer-Encoding: chunked\r\nContent-Length: ${hidden.length + 5}\r\n\r\n0\r\n\r\n${hidden}`,
    'two lengths': `Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ${hidden}`,
    'a list of lengths': `Content-Length: 2, 3\r\n\r\n{} ${hidden}`,
    'a length with a sign': `Content-Length: +2\r\n\r\n{}`,
    'an unknown coding': `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`,
    'chunks said twice': `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${hidden}`,
    'a space before the colon': `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`,
    'a line that goes on': `X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}`,
    'a size that is no number': 'Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
    'a size beyond all numbers': 'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n',
    'a chunk that is longer than it says': 'Transfer-Encoding: chunked\r\n\r\n1\r\n{}{}{}\r\n0\r\n\r\n',
    'a chunk with an endless extension': `Transfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(64 * KIB)}\r\n{}\r\n0\r\n\r\n`,
  };
  const shots = Object.entries(shapes).map(([what, rest]) => ({
    what,
    bytes: head + rest,
    allowed: BAD_INPUT,
  }));
  return [
    ...shots,
    { what: 'nonsense', bytes: '\u0000\u0001nonsense\r\n\r\n', allowed: BAD_INPUT },
    {
      what: 'a greeting of TLS',
      bytes: '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
      allowed: BAD_INPUT,
    },
    { what: 'lines without end', bytes: '\r\n'.repeat(50_000), allowed: BAD_INPUT, isHalfClosed: true },
  ];
}
