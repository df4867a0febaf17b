import {
  createAuthority,
  issueSelfSigned,
  type TestAuthority,
  type TestCertificate,
} from '@headgate/testing';
import { startUpstream, type TestUpstream, type TestUpstreamOptions } from '@headgate/testing/upstreams';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SslMode, Target } from '../src/index.ts';
import { connectWithLibpq } from './libpq-connect.ts';
import { tryToConnect } from './wire-support.ts';

const MODES: readonly SslMode[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];
const DAY_MS = 24 * 60 * 60 * 1000;

/** Roles that pg_hba.conf treats each in its own way. All have the password of `app`. */
const HBA = [
  'hostssl all only_tls 127.0.0.1/32 scram-sha-256',
  'hostnossl all only_plain 127.0.0.1/32 scram-sha-256',
  'hostssl all with_certificate 127.0.0.1/32 scram-sha-256 clientcert=verify-ca',
  'hostssl all by_certificate 127.0.0.1/32 cert',
  'host all app 127.0.0.1/32 scram-sha-256',
];
const ROLES = ['only_tls', 'only_plain', 'with_certificate', 'by_certificate'];

let authority: TestAuthority;
let stranger: TestAuthority;
let client: TestCertificate;
let strangersClient: TestCertificate;
const servers = new Map<string, TestUpstream>();

beforeAll(async () => {
  [authority, stranger] = await Promise.all([createAuthority(), createAuthority('Somebody else')]);
  client = await authority.issue({ name: 'by_certificate' });
  strangersClient = await stranger.issue({ name: 'by_certificate' });
  const name = { name: 'localhost', dnsNames: ['localhost'] };
  const old = { notBefore: new Date(Date.now() - 10 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) };
  const young = { notBefore: new Date(Date.now() + DAY_MS) };
  const right = await authority.issue(name);
  const start = async (key: string, options: TestUpstreamOptions) => {
    const server = await startUpstream({ hba: HBA, ...options });
    servers.set(key, server);
    const sql = server.sql();
    for (const role of ROLES) await sql.unsafe(`create role ${role} login password '${server.password}'`);
  };
  const withTls = async (key: string, certificate: TestCertificate, settings = {}) =>
    await start(key, { tls: { ...certificate, ca: authority.certificate }, settings });
  await Promise.all([withTls('right', right), start('without', {})]);
  await Promise.all([
    withTls('expired', await authority.issue({ ...name, ...old })),
    withTls('early', await authority.issue({ ...name, ...young })),
  ]);
  await Promise.all([
    withTls('selfSigned', await issueSelfSigned(name)),
    withTls('otherName', await authority.issue({ name: 'x', dnsNames: ['db.example.com', '*.example.org'] })),
  ]);
  const version = { ssl_min_protocol_version: 'TLSv1.1', ssl_max_protocol_version: 'TLSv1.1' };
  await withTls('old', right, version);
});
afterAll(async () => {
  await Promise.all(Array.from(servers.values(), async (server) => await server.stop()));
});

interface Row {
  /** What the server is like, and what is known of it. */
  readonly title: string;
  readonly server: string;
  readonly username?: string;
  readonly target?: () => Partial<Target>;
  /** How it goes with each mode, in the order of `MODES`. */
  readonly outcomes: readonly [string, string, string, string, string, string];
}

const believing = () => ({ ca: authority.certificate });
const believingAnother = () => ({ ca: stranger.certificate });
const showing = (shown: () => TestCertificate) => () => ({
  ca: authority.certificate,
  clientCertificate: { certificate: shown().certificate, privateKey: shown().key },
});

/** What is public is believed where no authority is given, and a test's authority is not public. */
const TABLE: readonly Row[] = [
  {
    title: 'right certificate',
    server: 'right',
    target: believing,
    outcomes: ['plain', 'plain', 'tls', 'tls', 'tls', 'tls'],
  },
  {
    title: 'right certificate, no authority given',
    server: 'right',
    outcomes: ['plain', 'plain', 'tls', 'tls', 'certificate_unknown_ca', 'certificate_unknown_ca'],
  },
  {
    title: 'right certificate, another authority given',
    server: 'right',
    target: believingAnother,
    outcomes: [
      ...(['plain', 'plain', 'plain'] as const),
      ...(['certificate_unknown_ca', 'certificate_unknown_ca', 'certificate_unknown_ca'] as const),
    ],
  },
  {
    title: 'expired certificate',
    server: 'expired',
    target: believing,
    outcomes: [
      ...(['plain', 'plain', 'plain'] as const),
      ...(['certificate_expired', 'certificate_expired', 'certificate_expired'] as const),
    ],
  },
  {
    title: 'certificate that is not valid yet',
    server: 'early',
    target: believing,
    outcomes: [
      ...(['plain', 'plain', 'plain'] as const),
      ...(['certificate_not_yet_valid', 'certificate_not_yet_valid', 'certificate_not_yet_valid'] as const),
    ],
  },
  {
    title: 'expired certificate, no authority given',
    server: 'expired',
    outcomes: ['plain', 'plain', 'tls', 'tls', 'certificate_expired', 'certificate_expired'],
  },
  {
    title: 'self-signed certificate',
    server: 'selfSigned',
    outcomes: ['plain', 'plain', 'tls', 'tls', 'certificate_self_signed', 'certificate_self_signed'],
  },
  {
    title: 'certificate of another name',
    server: 'otherName',
    target: believing,
    outcomes: ['plain', 'plain', 'tls', 'tls', 'tls', 'certificate_name_mismatch'],
  },
  {
    title: 'no TLS',
    server: 'without',
    target: believing,
    outcomes: ['plain', 'plain', 'plain', 'tls_unsupported', 'tls_unsupported', 'tls_unsupported'],
  },
  {
    title: 'TLS 1.1 only',
    server: 'old',
    target: believing,
    outcomes: ['plain', 'plain', 'plain', 'tls_version', 'tls_version', 'tls_version'],
  },
  {
    title: 'a server that lets nobody in without TLS',
    server: 'right',
    username: 'only_tls',
    target: believing,
    outcomes: ['tls_required', 'tls', 'tls', 'tls', 'tls', 'tls'],
  },
  {
    title: 'a server that lets nobody in without TLS, and has none',
    server: 'without',
    username: 'only_tls',
    target: believing,
    // Whoever has not asked for TLS may try; whoever was told that there is none need not be told to ask.
    outcomes: [
      ...(['tls_required', 'tls_unsupported', 'no_pg_hba_entry'] as const),
      ...(['tls_unsupported', 'tls_unsupported', 'tls_unsupported'] as const),
    ],
  },
  {
    title: 'a server that lets nobody in without TLS, and whose certificate has expired',
    server: 'expired',
    username: 'only_tls',
    target: believing,
    outcomes: [
      'tls_required',
      ...(['certificate_expired', 'certificate_expired', 'certificate_expired'] as const),
      ...(['certificate_expired', 'certificate_expired'] as const),
    ],
  },
  {
    title: 'a server that lets nobody in with TLS',
    server: 'right',
    username: 'only_plain',
    target: believing,
    outcomes: ['plain', 'plain', 'plain', 'no_pg_hba_entry', 'no_pg_hba_entry', 'no_pg_hba_entry'],
  },
  ...['with_certificate', 'by_certificate'].map((username): Row => {
    const code = 'client_certificate_required';
    return {
      title: `client certificate required and not given (${username})`,
      server: 'right',
      username,
      target: believing,
      outcomes: ['tls_required', code, code, code, code, code],
    };
  }),
  ...['with_certificate', 'by_certificate'].map((username): Row => ({
    title: `client certificate required and given (${username})`,
    server: 'right',
    username,
    target: showing(() => client),
    outcomes: ['tls_required', 'tls', 'tls', 'tls', 'tls', 'tls'],
  })),
  {
    title: 'client certificate of an authority that the server does not know',
    server: 'right',
    username: 'with_certificate',
    target: showing(() => strangersClient),
    outcomes: [
      'tls_required',
      ...([
        'client_certificate_refused',
        'client_certificate_refused',
        'client_certificate_refused',
      ] as const),
      ...(['client_certificate_refused', 'client_certificate_refused'] as const),
    ],
  },
];

describe.each(TABLE)('$title', ({ server: key, username, target: over, outcomes }) => {
  test.each(MODES.map((sslMode, index) => ({ sslMode, expected: outcomes[index] ?? '' })))(
    'with $sslMode: $expected, as libpq fares',
    async ({ sslMode, expected }) => {
      const server = servers.get(key);
      if (server === undefined) throw new Error(`no server ${key}`);
      const { port, database, password } = server;
      const login = { host: 'localhost', port, database, password, username: username ?? server.username };
      const target: Target = { ...login, sslMode, ...over?.() };
      const libpq = await connectWithLibpq(target);
      let { outcome, steps } = await tryToConnect(target);
      // In TLS 1.3 a server refuses a client's certificate after the handshake, and hangs up. On a loaded machine the
      // operating system may throw its reason away with the connection, for libpq as for us.
      for (let left = 5; left > 0 && outcome === 'closed'; left -= 1) {
        ({ outcome, steps } = await tryToConnect(target));
      }
      expect({ outcome }).toEqual({ outcome: expected });
      expect(libpq.outcome, libpq.message).toBe(['plain', 'tls'].includes(outcome) ? outcome : 'refused');
      const isPlain = key === 'without' && expected === 'no_pg_hba_entry';
      expect(steps).toBe((isPlain ? STEPS['tls_required'] : STEPS[expected]) ?? 'name address reach tls!');
    },
  );
});

const STEPS: Readonly<Record<string, string>> = {
  plain: 'name address reach login',
  tls: 'name address reach tls login',
  tls_required: 'name address reach login!',
  no_pg_hba_entry: 'name address reach tls login!',
  client_certificate_required: 'name address reach tls login!',
};
