import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { startTestDns, type TestDns } from '@headgate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDoor, type Door } from '../src/door/door.ts';
import { failureOf, NEVER } from './door-support.ts';
import { PUBLIC_SPELLINGS, RANGES, REFUSED_SPELLINGS } from './door-tables.ts';

let dns: TestDns;
let door: Door;
beforeAll(async () => {
  dns = await startTestDns();
  door = createDoor({ allowedCidrs: [], dnsServers: [dns.address] });
});
afterAll(async () => await dns.close());

const allowing = (...allowedCidrs: string[]) => createDoor({ allowedCidrs, dnsServers: [dns.address] });

/** What a host leads to, from its text to the addresses to dial. */
const admit = async (through: Door, host: string) =>
  through.admit(host, await through.resolve(host, NEVER)).addresses;

async function expectRefused(through: Door, host: string, kind: string): Promise<void> {
  const error = await failureOf('address', () => admit(through, host));
  expect(error.code).toBe('address_refused');
  expect(error.message).toBe(`The host has an address of a kind that is not dialled here: ${kind}.`);
}

describe('the table of spellings', () => {
  test('has at least 60 that are refused, no two alike', () => {
    const spellings = REFUSED_SPELLINGS.map(([host]) => host);
    expect(new Set(spellings).size).toBe(spellings.length);
    expect(spellings.length).toBeGreaterThanOrEqual(60);
  });

  test.each(REFUSED_SPELLINGS)('%s is refused, and no resolver is asked: %s', async (host, kind) => {
    const asked = dns.asked.length;
    await expectRefused(door, host, kind);
    expect(dns.asked.length).toBe(asked);
  });

  test.each(REFUSED_SPELLINGS)('%s is let through where its address is allowed', async (...row) => {
    const [host, , address, dialled = address] = row;
    expect(await admit(allowing(address), host)).toEqual([dialled]);
    expect(await admit(allowing('8.8.8.8', '2600::/16', address), host)).toEqual([dialled]);
  });

  test.each(REFUSED_SPELLINGS)(
    '%s is refused where everything else of its kind is allowed',
    async (...row) => {
      const [host, kind, address] = row;
      await expectRefused(allowing(...othersThan(address)), host, kind);
    },
  );

  test.each(PUBLIC_SPELLINGS)('%s is let through as %s', async (host, address) => {
    expect(await admit(door, host)).toEqual([address]);
  });
});

/** The other half of everything, then of that half, and so on: all but one address. */
function othersThan(address: string): string[] {
  const bytes = ipaddr.parse(address).toByteArray();
  return bytes.flatMap((byte, at) =>
    Array.from({ length: 8 }, (_, bit) => {
      const flipped = bytes.with(at, (byte & ~(0xff >> bit)) | (~byte & (0x80 >> bit)));
      const network = flipped.map((each, index) => (index > at ? 0 : each));
      return `${ipaddr.fromByteArray(network).toString()}/${at * 8 + bit + 1}`;
    }),
  );
}

describe.each(RANGES)('%s (%s)', (...edges) => {
  const [, kind, first, last, before, after] = edges;

  test.each([first, last])('%s is refused, and so is a name that has it', async (address) => {
    await expectRefused(door, address, kind);
    const name = `${address.replaceAll(/[.:]/g, '-')}.example.com`;
    dns.set(address.includes(':') ? 'AAAA' : 'A', name, address);
    await expectRefused(door, name, kind);
  });

  test('its neighbours are not of its kind', async () => {
    for (const neighbour of [before, after]) {
      if (neighbour === undefined) continue;
      expect(await admit(door, neighbour)).toEqual([neighbour]);
    }
  });
});

const ipv4 = fc.ipV4();
const hex = (octets: number[]) => octets.map((octet) => octet.toString(16).padStart(2, '0')).join('');
const octetsOf = (address: string) => address.split('.').map(Number);

/** What becomes of addresses: they are let through, or refused for a kind. */
async function verdictOf(through: Door, host: string): Promise<string> {
  try {
    await admit(through, host);
    return 'let through';
  } catch (error) {
    return error instanceof Error ? error.message : expect.fail('no error');
  }
}

describe('whatever carries an IPv4 address', () => {
  test.each<[string, (octets: number[]) => string]>([
    ['mapped', (octets) => `::ffff:${octets.join('.')}`],
    ['mapped, in full', (octets) => `0:0:0:0:0:FFFF:${hex(octets).slice(0, 4)}:${hex(octets).slice(4)}`],
    ['NAT64', (octets) => `64:ff9b::${octets.join('.')}`],
    ['6to4', (octets) => `2002:${hex(octets).slice(0, 4)}:${hex(octets).slice(4)}::1`],
    ['decimal', (octets) => String(Number.parseInt(hex(octets), 16))],
    ['hexadecimal', (octets) => `0x${hex(octets)}`],
    ['octal', (octets) => octets.map((octet) => `0${octet.toString(8)}`).join('.')],
    ['hexadecimal octets', (octets) => octets.map((octet) => `0X${octet.toString(16)}`).join('.')],
    ['two parts', ([first, ...others]) => `${first}.${Number.parseInt(hex(others), 16)}`],
    ['three parts', ([first, second, ...others]) => `${first}.${second}.${Number.parseInt(hex(others), 16)}`],
    [
      'full width',
      (octets) => octets.join('。').replaceAll(/\d/g, (digit) => '０１２３４５６７８９'[Number(digit)] ?? ''),
    ],
  ])('is judged as that one: %s', async (_form, write) => {
    const some = allowing('10.0.0.0/9', '127.0.0.1');
    const known = RANGES.flatMap(([, , ...addresses]) => addresses).filter((each) => each?.includes('.'));
    const judged = fc.oneof(ipv4, fc.constantFrom(...known.map(String)), fc.constant('127.0.0.1'));
    await fc.assert(
      fc.asyncProperty(judged, async (address) => {
        const host = write(octetsOf(address));
        expect(await verdictOf(door, host)).toBe(await verdictOf(door, address));
        expect(await verdictOf(some, host)).toBe(await verdictOf(some, address));
      }),
    );
  });

  test('in the form that RFC 4291 deprecated is refused always: nothing carries it any more', async () => {
    for (const through of [door, allowing('0.0.0.0/0')]) {
      await expectRefused(through, '::10.0.0.1', 'reserved');
      await expectRefused(through, '::8.8.8.8', 'reserved');
    }
  });

  test('may be allowed as itself, which allows nothing else', async () => {
    const through = allowing('64:ff9b::/96');
    expect(await admit(through, '64:ff9b::10.0.0.1')).toEqual(['64:ff9b::a00:1']);
    await expectRefused(through, '10.0.0.1', 'private');
  });
});

describe('ranges that are allowed', () => {
  test('of one family say nothing about the other', async () => {
    await expectRefused(allowing('::/0'), '127.0.0.1', 'loopback');
    await expectRefused(allowing('::/0'), '::ffff:127.0.0.1', 'loopback');
    await expectRefused(allowing('0.0.0.0/0'), '::1', 'loopback');
  });

  test.each([
    '',
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/x',
    '::/129',
    '127.1',
    'fe80::1%1',
    '::ffff:10.0.0.0/104',
  ])('that are none open no door: %j', (cidr) =>
    expect(() => allowing(cidr)).toThrow('a range that may be dialled is no address and no CIDR'),
  );
});

describe('several addresses', () => {
  const admitAll = (...addresses: string[]) => door.admit('db.example.com', addresses);

  test('are let through when all of them are good, each once and in its one form', () => {
    expect(admitAll('8.8.8.8', '1.1.1.1', '8.8.8.8', '2600:0::1', '2600::1', '::ffff:1.1.1.1')).toMatchObject(
      {
        host: 'db.example.com',
        addresses: ['8.8.8.8', '1.1.1.1', '2600::1'],
      },
    );
  });

  test.each([
    [['8.8.8.8', '10.0.0.1'], 'private'],
    [['10.0.0.1', '8.8.8.8'], 'private'],
    [['8.8.8.8', '2600::1', '::1'], 'loopback'],
    [['8.8.8.8', '::ffff:169.254.169.254'], 'cloud metadata'],
    [[...Array.from({ length: 250 }, (_, index) => `8.8.8.${index}`), '127.0.0.1'], 'loopback'],
    [['8.8.8.8', 'not an address'], 'unreadable'],
    [['8.8.8.8', '8.8'], 'unreadable'],
    [['2600::1%eth0'], 'unreadable'],
  ])('are refused for one that is not: %j', async (addresses, kind) => {
    const { message } = await failureOf('address', () => admitAll(...addresses));
    expect(message).toContain(`: ${kind}.`);
    for (const address of addresses) expect(message).not.toContain(address);
  });
});
