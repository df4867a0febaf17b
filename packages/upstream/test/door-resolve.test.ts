import { getEventListeners } from 'node:events';
import { startTestDns, type DnsMood, type TestDns } from '@headgate/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDoor, type Door } from '../src/door/door.ts';
import { failureOf, NEVER, openSockets } from './door-support.ts';

let dns: TestDns;
let door: Door;
beforeEach(async () => {
  dns = await startTestDns();
  door = createDoor({ allowedCidrs: [], dnsServers: [dns.address] });
});
afterEach(async () => await dns.close());

const resolve = async (host: string, signal = NEVER) => await door.resolve(host, signal);
const codeOf = async (host: string) => (await failureOf('name', () => resolve(host))).code;

describe('a name', () => {
  test('is asked for once, both kinds of address together, and IPv4 comes first', async () => {
    dns.set('A', 'db.example.com', '8.8.8.8', '8.8.4.4');
    dns.set('AAAA', 'db.example.com', '2600::1');
    expect(await resolve('db.example.com')).toEqual(['8.8.8.8', '8.8.4.4', '2600::1']);
    expect(dns.asked.toSorted()).toEqual(['A db.example.com udp', 'AAAA db.example.com udp']);
  });

  test('is asked for anew each time: nothing of a moment ago is kept', async () => {
    dns.setSequence('A', 'db.example.com', ['8.8.8.8'], ['1.1.1.1']);
    expect(await resolve('db.example.com')).toEqual(['8.8.8.8']);
    expect(await resolve('db.example.com')).toEqual(['1.1.1.1']);
  });

  test.each([
    'DB.Example.COM',
    'db.example.com.',
    'ｄｂ.example.com',
    'db。example。com',
    'db.exam\u00ADple.com',
  ])('means the same however it is written: %s', async (host) => {
    dns.set('A', 'db.example.com', '8.8.8.8');
    expect(await resolve(host)).toEqual(['8.8.8.8']);
    expect(dns.asked.every((question) => question.includes(' db.example.com '))).toBe(true);
  });

  test('in letters of other languages is asked for in ASCII', async () => {
    dns.set('A', 'xn--bcher-kva.example', '8.8.8.8');
    expect(await resolve('Bücher.example')).toEqual(['8.8.8.8']);
  });

  test('may have underscores, as names of services do', async () => {
    dns.set('A', '_db._tcp.my_app.example.com', '8.8.8.8');
    expect(await resolve('_db._tcp.my_app.example.com')).toEqual(['8.8.8.8']);
  });

  test('of one label is asked for as it is, with no search domain behind it', async () => {
    dns.set('A', 'db', '8.8.8.8');
    expect(await resolve('db')).toEqual(['8.8.8.8']);
    expect(await codeOf('other')).toBe('name_not_found');
    expect(new Set(dns.asked.map((question) => question.split(' ')[1]))).toEqual(new Set(['db', 'other']));
  });

  test.each([
    ['db.example.com', 'db.example.com'],
    ['DB.Example.com.', 'db.example.com'],
    ['Bücher.example', 'xn--bcher-kva.example'],
    ['127.0.0.1', undefined],
    ['0x7f.1', undefined],
    ['::1', undefined],
  ])('goes with the connection as TLS has it, and an address does not: %s', (host, serverName) => {
    expect(door.admit(host, ['8.8.8.8'])).toMatchObject({ host, serverName });
  });

  test('is followed to the end of its aliases', async () => {
    dns.set('CNAME', 'db.example.com', 'a.provider.example');
    dns.set('CNAME', 'a.provider.example', 'b.provider.example');
    dns.set('A', 'b.provider.example', '8.8.8.8');
    expect(await resolve('db.example.com')).toEqual(['8.8.8.8']);
    expect(dns.asked).toHaveLength(2);
  });

  test('with an answer too large for UDP is asked for over TCP', async () => {
    const many = Array.from({ length: 200 }, (_, index) => `8.8.8.${index}`);
    dns.set('A', 'db.example.com', ...many);
    expect((await resolve('db.example.com')).toSorted()).toEqual(many.toSorted());
    expect(dns.asked).toContain('A db.example.com tcp');
    dns.mood('truncated');
    expect(await resolve('db.example.com')).toHaveLength(200);
  });

  test('with thousands of addresses has eight dialled', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `8.8.${index >> 8}.${index & 255}`);
    dns.set('A', 'db.example.com', ...many);
    const { addresses } = door.admit('db.example.com', await resolve('db.example.com'));
    expect(addresses).toHaveLength(8);
  });
});

describe('a name that leads nowhere', () => {
  test('is not found where DNS knows none, or no address of it', async () => {
    expect(await codeOf('missing.example.com')).toBe('name_not_found');
    dns.set('TXT', 'text.example.com', 'nothing else');
    expect(await codeOf('text.example.com')).toBe('name_not_found');
    dns.set('CNAME', 'dangling.example.com', 'gone.example.com');
    expect(await codeOf('dangling.example.com')).toBe('name_not_found');
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['only a dot', '.'],
    ['an empty label', 'db..example.com'],
    ['two dots at the end', 'db.example.com..'],
    ['a space', 'db example.com'],
    ['a space in front', ' 127.0.0.1'],
    ['a newline', 'db.example.com\n'],
    ['a NUL', 'db.example.com\0.example.org'],
    ['a port', 'db.example.com:5432'],
    ['a user', 'user@db.example.com'],
    ['a path', 'db.example.com/x'],
    ['a path behind letters of other languages', 'bücher.example/../x'],
    ['a socket', '/var/run/postgresql'],
    ['percent signs', '%31%32%37.0.0.1'],
    ['percent signs among letters of other languages', 'bücher%2e.example'],
    ['a zone id', 'fe80::1%eth0'],
    ['a zone id of a number', '::1%1'],
    ['a zone id in brackets', '[fe80::1%25eth0]'],
    ['a label of 64 letters', `${'a'.repeat(64)}.example.com`],
    ['254 letters', `${'a.'.repeat(126)}aa`],
    ['several hosts', 'a.example.com,b.example.com'],
    ['a part beyond its range', '127.0.0.256'],
    ['a part too many', '127.0.0.0.1'],
    ['a part that is no octal number', '127.0.0.08'],
    ['a number too large', '4294967296'],
    ['a number too large, in hexadecimal', '0x100000000'],
    ['half a number', '0x'],
    ['a number at its end', 'db.example.1'],
    ['a hexadecimal number at its end', 'db.example.0x7f'],
    ['too many colons', '1::2::3'],
    ['an octal number in IPv6', '::ffff:0177.0.0.1'],
    ['letters that map to nothing', '\u00AD'],
    ['a broken xn-- label', 'xn--é.example'],
  ])('is not found, and is not asked for, if it has %s', async (_what, host) => {
    expect(await codeOf(host)).toBe('name_not_found');
    expect(dns.asked).toEqual([]);
  });

  test.each<[DnsMood, RegExp]>([
    ['servfail', /SERVFAIL/],
    ['refused', /REFUSED/],
    ['garbled', /did not answer in time|cannot be read/],
    ['silent', /did not answer in time/],
  ])('is unresolved where the resolver is %s, within 5 s', async (mood, message) => {
    dns.mood(mood);
    const began = performance.now();
    const error = await failureOf('name', () => resolve('db.example.com'));
    expect(error.code).toBe('name_unresolved');
    expect(error.message).toMatch(message);
    expect(performance.now() - began).toBeLessThan(8_000);
  });

  /** Name servers that fail on one kind of address: following it they go in a circle. */
  const failOn = (type: 'A' | 'AAAA', host: string, address: string) => {
    dns.set('CNAME', host, host);
    dns.set(type === 'A' ? 'AAAA' : 'A', host, address);
  };

  test('is resolved all the same where only the question for IPv6 fails', async () => {
    failOn('AAAA', 'db.example.com', '8.8.8.8');
    expect(await resolve('db.example.com')).toEqual(['8.8.8.8']);
  });

  test('is unresolved where the question for IPv4 fails: it is not known to have only IPv6', async () => {
    failOn('A', 'db.example.com', '2600::1');
    expect(await codeOf('db.example.com')).toBe('name_unresolved');
  });

  test('is unresolved where its aliases go in a circle', async () => {
    dns.set('CNAME', 'a.example.com', 'b.example.com');
    dns.set('CNAME', 'b.example.com', 'a.example.com');
    expect(await codeOf('a.example.com')).toBe('name_unresolved');
  });

  test('is unresolved where nobody listens', async () => {
    await dns.close();
    expect(await codeOf('db.example.com')).toBe('name_unresolved');
    dns = await startTestDns();
  });
});

describe('a name with only IPv6', () => {
  /** To an address of a link no route leads without naming the link. */
  const NO_ROUTE = 'fe80::1';
  const allowing = (...allowedCidrs: string[]) => createDoor({ allowedCidrs, dnsServers: [dns.address] });

  test('says so where this machine has no route to it', async () => {
    dns.set('AAAA', 'db.example.com', NO_ROUTE, 'fe80::2');
    const error = await failureOf('name', () => allowing('fe80::/10').resolve('db.example.com', NEVER));
    expect(error).toMatchObject({
      code: 'ipv6_only',
      message: 'The name has only IPv6 addresses, and this service has no route to them.',
    });
  });

  test('is resolved where this machine has a route to one of them', async () => {
    dns.set('AAAA', 'db.example.com', NO_ROUTE, '::1');
    const through = allowing('fe80::/10', '::1');
    expect(await through.resolve('db.example.com', NEVER)).toEqual([NO_ROUTE, '::1']);
  });

  test('is left to the policy where that has something against it', async () => {
    dns.set('AAAA', 'db.example.com', NO_ROUTE);
    expect(await resolve('db.example.com')).toEqual([NO_ROUTE]);
  });

  test('leaves no socket behind', async () => {
    const before = openSockets();
    dns.set('AAAA', 'db.example.com', NO_ROUTE);
    await failureOf('name', () => allowing('fe80::/10').resolve('db.example.com', NEVER));
    await expect.poll(openSockets).toBe(before);
  });
});

describe('giving up', () => {
  test('ends the question at once, and leaves neither a socket nor a listener', async () => {
    dns.mood('silent');
    const before = openSockets();
    const controller = new AbortController();
    const failure = failureOf('name', () => resolve('db.example.com', controller.signal));
    await expect.poll(() => dns.asked.length).toBeGreaterThanOrEqual(2);
    expect(openSockets()).toBeGreaterThan(before);
    const began = performance.now();
    controller.abort();
    expect((await failure).code).toBe('cancelled');
    expect(performance.now() - began).toBeLessThan(900);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    await expect.poll(openSockets).toBe(before);
  });

  test('beforehand asks nothing', async () => {
    expect((await failureOf('name', () => resolve('db.example.com', AbortSignal.abort()))).code).toBe(
      'cancelled',
    );
    expect(dns.asked).toEqual([]);
  });

  test('on one name concerns no other', async () => {
    dns.mood('held');
    dns.set('A', 'other.example.com', '8.8.8.8');
    const controller = new AbortController();
    const failure = failureOf('name', () => resolve('db.example.com', controller.signal));
    const other = resolve('other.example.com');
    await expect.poll(() => dns.asked.length).toBeGreaterThanOrEqual(4);
    controller.abort();
    expect((await failure).code).toBe('cancelled');
    dns.release();
    expect(await other).toEqual(['8.8.8.8']);
  });
});
