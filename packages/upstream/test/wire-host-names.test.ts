import type { TLSSocket } from 'node:tls';
import { createAuthority, type TestAuthority } from '@headgate/testing';
import { startFakeServer } from '@headgate/testing/upstreams';
import { beforeAll, expect, test } from 'vitest';
import type { Target } from '../src/index.ts';
import { connect } from '../src/wire/connect.ts';
import { createDoor } from '../src/door/door.ts';
import { UpstreamError } from '../src/error.ts';
import { connectWithLibpq } from './libpq-connect.ts';
import { overTls, WELCOME } from './wire-fakes.ts';

/** Whatever the name, it is at the loopback address: names are what this is about, and not how they are resolved. */
const loopback = createDoor({ allowedCidrs: ['127.0.0.0/8'] });
const door = { ...loopback, resolve: async () => await Promise.resolve(['127.0.0.1']) };

const PATIENCE_MS = 30_000;

let authority: TestAuthority;
beforeAll(async () => {
  authority = await createAuthority();
});

interface Case {
  readonly host: string;
  /** The common name. */
  readonly name: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly fits: boolean;
  /** Where OpenSSL, which decides here, is stricter. */
  readonly libpqFits?: boolean;
}

const CASES: readonly Case[] = [
  { host: 'db.example.com', name: 'x', dnsNames: ['db.example.com'], fits: true },
  { host: 'DB.Example.COM', name: 'x', dnsNames: ['db.example.com'], fits: true },
  { host: 'db.example.com', name: 'x', dnsNames: ['DB.EXAMPLE.COM'], fits: true },
  { host: 'db.example.com', name: 'x', dnsNames: ['a.example.com', 'db.example.com'], fits: true },
  { host: 'db.example.com', name: 'x', dnsNames: ['example.com'], fits: false },
  { host: 'example.com', name: 'x', dnsNames: ['db.example.com'], fits: false },
  { host: 'db.example.com', name: 'x', dnsNames: ['*.example.com'], fits: true },
  { host: 'a.db.example.com', name: 'x', dnsNames: ['*.example.com'], fits: false },
  { host: 'example.com', name: 'x', dnsNames: ['*.example.com'], fits: false },
  { host: 'db.example.com', name: 'x', dnsNames: ['d*.example.com'], fits: false },
  { host: 'db.example.com', name: 'x', dnsNames: ['*b.example.com'], fits: false },
  { host: 'db.example.com', name: 'x', dnsNames: ['db.*.com'], fits: false },
  { host: 'db.example.com', name: 'x', dnsNames: ['*.*.com'], fits: false },
  { host: 'db.example.com', name: 'x', dnsNames: ['*'], fits: false },
  { host: 'example.com', name: 'x', dnsNames: ['*.com'], fits: false, libpqFits: true },
  { host: 'db.example.com', name: 'db.example.com', fits: true },
  { host: 'db.example.com', name: '*.example.com', fits: true },
  { host: 'db.example.com', name: 'db.example.com', dnsNames: ['other.example.com'], fits: false },
  { host: 'db.example.com', name: 'db.example.com', ipAddresses: ['127.0.0.1'], fits: true },
  { host: '127.0.0.1', name: 'x', ipAddresses: ['127.0.0.1'], fits: true },
  { host: '127.0.0.1', name: 'x', ipAddresses: ['127.0.0.2'], fits: false },
  { host: '127.0.0.1', name: '127.0.0.1', fits: true },
  { host: '127.0.0.1', name: '127.0.0.1', ipAddresses: ['127.0.0.2'], fits: false },
  { host: '127.0.0.1', name: '127.0.0.1', dnsNames: ['db.example.com'], fits: true },
  { host: '127.0.0.1', name: 'x', dnsNames: ['127.0.0.1'], fits: true },
  { host: '127.0.0.1', name: 'x', dnsNames: ['*.0.0.1'], fits: false, libpqFits: true },
  { host: '::1', name: 'x', ipAddresses: ['::1'], fits: true },
  { host: '0:0:0:0:0:0:0:1', name: 'x', ipAddresses: ['::1'], fits: true },
  { host: '::1', name: 'x', ipAddresses: ['::2'], fits: false },
  { host: 'xn--bcher-kva.example', name: 'x', dnsNames: ['xn--bcher-kva.example'], fits: true },
  { host: 'localhost', name: 'localhost', fits: true },
];

/** Spellings that libpq leaves to the resolver, which tells it nothing: it holds the text against the certificate. */
const SPELLINGS: readonly Case[] = [
  { host: 'bücher.example', name: 'x', dnsNames: ['xn--bcher-kva.example'], fits: true },
  { host: 'BÜCHER.example.', name: 'x', dnsNames: ['xn--bcher-kva.example'], fits: true },
  { host: '127.1', name: 'x', ipAddresses: ['127.0.0.1'], fits: true },
  { host: '0x7f.1', name: 'x', ipAddresses: ['127.0.0.2'], fits: false },
];

test.each([...CASES, ...SPELLINGS])(
  'a certificate for $name $dnsNames $ipAddresses is for $host: $fits',
  async (one) => {
    const issued = await authority.issue(one);
    const server = await startFakeServer(overTls(issued, (conversation) => conversation.say(WELCOME)));
    const target: Target = {
      ...{ host: one.host, port: server.port, database: 'app', username: 'app', password: 'x' },
      ...{ sslMode: 'verify-full', ca: authority.certificate },
    };
    try {
      if (!SPELLINGS.includes(one)) {
        const libpq = await connectWithLibpq(target);
        expect(libpq.outcome === 'tls', libpq.message).toBe(one.libpqFits ?? one.fits);
      }
      const result = await connect(door, target, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(
        (error: unknown) => error,
      );
      if (one.fits) {
        expect(result).not.toBeInstanceOf(Error);
        await (result as Awaited<ReturnType<typeof connect>>).close();
      } else {
        expect(result).toBeInstanceOf(UpstreamError);
        expect(result).toMatchObject({ step: 'tls', code: 'certificate_name_mismatch' });
      }
    } finally {
      await server.stop();
    }
  },
);

/** A server with a certificate for these names. It keeps what it is called by (RFC 6066). */
async function startNamed(...dnsNames: string[]) {
  const issued = await authority.issue({ name: 'x', dnsNames });
  const calledBy: unknown[] = [];
  const server = await startFakeServer(
    overTls(issued, ({ socket }) => {
      calledBy.push((socket as TLSSocket & { servername: unknown }).servername);
      socket.write(WELCOME);
    }),
  );
  const login = { port: server.port, database: 'app', username: 'app', password: 'x' };
  const target: Target = {
    ...login,
    host: dnsNames[0] ?? '',
    sslMode: 'verify-full',
    ca: authority.certificate,
  };
  return { ...server, target, calledBy };
}

test('a server is called by the name of its host without a dot at the end, and an address is no name', async () => {
  const { target, calledBy, stop } = await startNamed('db.example.com');
  const signal = AbortSignal.timeout(PATIENCE_MS);
  await (await connect(door, { ...target, host: 'db.example.com.' }, { signal })).close();
  await (await connect(door, { ...target, host: '127.0.0.1', sslMode: 'verify-ca' }, { signal })).close();
  expect(calledBy).toEqual(['db.example.com', false]);
  await stop();
});

test('a mismatch names the names of the certificate, cut where there are many', async () => {
  const many = Array.from({ length: 50 }, (_, index) => `db-${index}.example.org`);
  for (const [names, shown] of [
    [['db.example.com', '*.example.org'], /, but for: DNS:db\.example\.com, DNS:\*\.example\.org\.$/],
    [many, /, but for: DNS:db-0\.example\.org, DNS:db-1.{150,170}…\.$/],
  ] as const) {
    const { target, stop } = await startNamed(...names);
    const attempt = connect(
      door,
      { ...target, host: 'other.example.com' },
      { signal: AbortSignal.timeout(PATIENCE_MS) },
    );
    await expect(attempt).rejects.toThrow(shown);
    await stop();
  }
});
