import { startTestDns, type TestDns } from '@headgate/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDoor, type Door } from '../src/door/door.ts';
import { createUpstream, type Target } from '../src/index.ts';
import { failureOf, listenOnAll, NEVER, type Listener } from './door-support.ts';

const NAME = 'db.example.com';

let dns: TestDns;
let allowed: Listener;
let forbidden: Listener;
/** It lets 127.0.0.2 through and no other address of this machine. */
let door: Door;
beforeEach(async () => {
  dns = await startTestDns();
  [allowed, forbidden] = (await listenOnAll('127.0.0.2', '127.0.0.3')) as [Listener, Listener];
  door = createDoor({ allowedCidrs: ['127.0.0.2/32'], dnsServers: [dns.address] });
});
afterEach(async () => {
  // Nothing ever came through to where nothing may.
  expect(forbidden.taken()).toBe(0);
  await Promise.all([dns.close(), allowed.close(), forbidden.close()]);
});

const admit = async () => door.admit(NAME, await door.resolve(NAME, NEVER));
const expectRefused = async () => expect((await failureOf('address', admit)).code).toBe('address_refused');

describe('a name that is bound anew', () => {
  test('is dialled at the address that was judged, however often, and is asked for once', async () => {
    dns.setSequence('A', NAME, ['127.0.0.2'], ['127.0.0.3']);
    const admitted = await admit();
    for (let dialled = 1; dialled <= 3; dialled += 1) {
      const socket = await door.dial(admitted, allowed.port, NEVER);
      expect(socket.remoteAddress).toBe('127.0.0.2');
      await expect.poll(() => allowed.taken()).toBe(dialled);
      socket.destroy();
    }
    expect(dns.asked.toSorted()).toEqual([`A ${NAME} udp`, `AAAA ${NAME} udp`]);
    // What it would have been, had it been asked for again.
    await expectRefused();
  });

  test('is not judged by what it will be', async () => {
    dns.setSequence('A', NAME, ['127.0.0.3'], ['127.0.0.2']);
    await expectRefused();
    expect(dns.asked).toHaveLength(2);
    expect(allowed.taken()).toBe(0);
  });

  test('in IPv6 only, or in IPv4 only, is judged with both', async () => {
    dns.set('A', NAME, '127.0.0.2');
    dns.setSequence('AAAA', NAME, [], ['::1'], ['::ffff:127.0.0.3'], ['64:ff9b::127.0.0.3']);
    expect((await admit()).addresses).toEqual(['127.0.0.2']);
    for (let again = 0; again < 3; again += 1) await expectRefused();
  });
});

/** An ErrorResponse (PostgreSQL manual, section 54.7): nobody is let in. */
const REFUSAL = Buffer.from('E\0\0\0\x1BSFATAL\0C28000\0Mno way\0\0', 'latin1');

describe('a way to a server', () => {
  const target: Omit<Target, 'port'> = {
    ...{ host: NAME, database: 'app', username: 'app', password: 'secret', sslMode: 'allow' },
  };

  test('asks for the name once, although it needs two connections', async () => {
    dns.setSequence('A', NAME, ['127.0.0.2'], ['127.0.0.3']);
    const upstream = createUpstream({ allowedCidrs: ['127.0.0.2'], dnsServers: [dns.address] });
    allowed.onConnection((socket) => socket.end(REFUSAL));
    const way = upstream.connect({ ...target, port: allowed.port }, { signal: NEVER });
    await expect(way).rejects.toThrow();
    expect(allowed.taken()).toBe(2);
    expect(dns.asked).toHaveLength(2);
  });

  test('is not begun to a name that was bound anew', async () => {
    dns.set('A', NAME, '127.0.0.3');
    const upstream = createUpstream({ allowedCidrs: ['127.0.0.2'], dnsServers: [dns.address] });
    const way = upstream.connect({ ...target, port: forbidden.port }, { signal: NEVER });
    await expect(way).rejects.toMatchObject({ step: 'address', code: 'address_refused' });
  });
});

describe('mixed answers', () => {
  test.each([
    [['127.0.0.2', '127.0.0.3'], []],
    [['127.0.0.3', '127.0.0.2'], []],
    [['8.8.8.8', '127.0.0.3'], []],
    [['127.0.0.2'], ['::1']],
    [['127.0.0.2'], ['::ffff:127.0.0.3']],
    [['127.0.0.2'], ['2002:7f00:3::']],
    [['127.0.0.2'], ['2600::1', 'fd00:ec2::254']],
  ])('are refused altogether, and nothing is dialled: %j and %j', async (ipv4, ipv6) => {
    dns.set('A', NAME, ...ipv4);
    dns.set('AAAA', NAME, ...ipv6);
    await expectRefused();
    expect(allowed.taken()).toBe(0);
  });

  test('are refused for one address among hundreds', async () => {
    const many = Array.from({ length: 200 }, (_, index) => `8.8.8.${index}`);
    dns.set('A', NAME, ...many, '127.0.0.3');
    await expectRefused();
  });
});

describe('aliases', () => {
  test.each([
    ['CNAME to a name of this machine', ['CNAME', 'a.example.net', '127.0.0.3']],
    [
      'a long chain',
      ['CNAME', 'a.example.net', 'b.example.net', 'c.example.net', 'd.example.net', '127.0.0.3'],
    ],
    ['a chain to a metadata service', ['CNAME', 'metadata.example.net', '169.254.169.254']],
  ])('that lead to what is not public are refused: %s', async (_what, [, ...chain]) => {
    const names = [NAME, ...chain.slice(0, -1)];
    for (const [index, name] of names.entries()) {
      if (index + 1 < names.length) dns.set('CNAME', name, names[index + 1] ?? '');
      else dns.set('A', name, chain.at(-1) ?? '');
    }
    await expectRefused();
  });

  test('that lead to what is allowed are followed', async () => {
    dns.set('CNAME', NAME, 'a.example.net');
    dns.set('A', 'a.example.net', '127.0.0.2');
    const socket = await door.dial(await admit(), allowed.port, NEVER);
    expect(socket.remoteAddress).toBe('127.0.0.2');
    socket.destroy();
  });

  test('to localhost have no address: what is this machine is for no name server to say', async () => {
    dns.set('CNAME', NAME, 'localhost');
    expect((await failureOf('name', admit)).code).toBe('name_not_found');
  });
});
