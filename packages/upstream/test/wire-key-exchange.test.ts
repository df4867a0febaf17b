import { createAuthority } from '@headgate/testing';
import { startFakeServer } from '@headgate/testing/upstreams';
import { expect, test } from 'vitest';
import { createDoor } from '../src/door/door.ts';
import type { SslMode, Target } from '../src/index.ts';
import { connect } from '../src/wire/connect.ts';
import { overTls, WELCOME } from './wire-fakes.ts';

const PATIENCE_MS = 30_000;
const door = createDoor({ allowedCidrs: ['127.0.0.0/8'] });
const authority = await createAuthority();

async function connectTo(ciphers: string, sslMode: SslMode) {
  const issued = await authority.issue({ name: 'x', ipAddresses: ['127.0.0.1'], keyType: 'RSA' });
  const welcome = overTls(issued, (conversation) => conversation.say(WELCOME), {
    ...{ maxVersion: 'TLSv1.2', ciphers, dhparam: 'auto' },
  });
  const server = await startFakeServer(welcome);
  const target: Target = {
    ...{ host: '127.0.0.1', port: server.port, database: 'app', username: 'app', password: 'x' },
    ...{ sslMode, ca: authority.certificate },
  };
  try {
    const connection = await connect(door, target, { signal: AbortSignal.timeout(PATIENCE_MS) });
    await connection.close();
    return connection.tlsProtocol;
  } finally {
    await server.stop();
  }
}

test('a server with keys on elliptic curves is spoken to over TLS 1.2', async () => {
  expect(await connectTo('ECDHE-RSA-AES256-GCM-SHA384', 'verify-full')).toBe('TLSv1.2');
});

test.each(['DHE-RSA-AES256-GCM-SHA384', 'AES256-GCM-SHA384'])(
  'a server that chooses the numbers of the key exchange, or has none, gets none of our time: %s',
  async (ciphers) => {
    await expect(connectTo(ciphers, 'verify-full')).rejects.toMatchObject({
      step: 'tls',
      code: 'tls_failed',
    });
  },
);
