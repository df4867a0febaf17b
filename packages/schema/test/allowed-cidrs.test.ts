import { isIP, isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AllowedCidrsInput, cidrError } from '../src/resources/allowed-cidrs.ts';

interface Block {
  readonly bits: 32 | 128;
  /** The address as a number. */
  readonly address: bigint;
  readonly length: number;
}

/** Any block of addresses, with whatever stands behind its prefix. IPv4-mapped ones have a test of their own. */
const anyBlock = fc
  .constantFrom<32 | 128>(32, 128)
  .chain((bits) =>
    fc.record({
      bits: fc.constant(bits),
      address: fc.oneof(
        fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
        // Few bits set, so that there are runs of zeros to be shortened.
        fc
          .array(fc.integer({ min: 0, max: bits - 1 }), { maxLength: 4 })
          .map((places) => places.reduce((sum, place) => sum | (1n << BigInt(place)), 0n)),
      ),
      length: fc.integer({ min: 0, max: bits }),
    }),
  )
  .filter(({ bits, address }) => bits === 32 || address >> 32n !== 0xffffn);

const hostMask = ({ bits, length }: Block) => (1n << BigInt(bits - length)) - 1n;
const networkOf = (block: Block): Block => ({ ...block, address: block.address & ~hostMask(block) });

function groupsOf(address: bigint): number[] {
  return Array.from({ length: 8 }, (_, index) => Number((address >> BigInt(112 - 16 * index)) & 0xffffn));
}

function dotted(address: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.');
}

/** How an IPv6 address may be written (RFC 4291, section 2.2): each choice changes the spelling and not the address. */
interface Spelling {
  readonly upper: boolean;
  readonly padded: boolean;
  /** Which run of zeros `::` stands for; none when there is none of that number. */
  readonly run: number;
  readonly dottedTail: boolean;
}
const spelling = fc.record({
  upper: fc.boolean(),
  padded: fc.boolean(),
  run: fc.integer({ min: -1, max: 3 }),
  dottedTail: fc.boolean(),
});

function spell({ bits, address }: Block, { upper, padded, run, dottedTail }: Spelling): string {
  if (bits === 32) return dotted(address);
  const groups = groupsOf(address).map((group) => group.toString(16).padStart(padded ? 4 : 1, '0'));
  if (dottedTail) groups.splice(6, 2, dotted(address & 0xffff_ffffn));
  const isZero = groups.map((group) => /^0+$/.test(group));
  const starts = isZero.flatMap((zero, index) => (zero && isZero[index - 1] !== true ? [index] : []));
  const start = starts[run];
  if (start !== undefined) {
    const end = isZero.indexOf(false, start);
    groups.splice(start, (end === -1 ? groups.length : end) - start, '::');
  }
  const text = groups.join(':').replace(/:*::+:*/, '::');
  return upper ? text.toUpperCase() : text;
}

const accepts = (cidr: string) => cidrError(cidr) === undefined;
/** The form that a refusal names. */
const correctedOf = (cidr: string) => /^must be (\S+):/.exec(cidrError(cidr) ?? '')?.[1];

describe('any block, in any spelling', () => {
  test('is taken and comes out to the letter, as a string and as an object', () => {
    fc.assert(
      fc.property(anyBlock, spelling, fc.string({ unit: 'grapheme-ascii' }), (block, how, label) => {
        const cidr = `${spell(networkOf(block), how)}/${block.length}`;
        expect(AllowedCidrsInput.parse([cidr, { cidr, label }])).toEqual([{ cidr }, { cidr, label }]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is taken without a prefix length when it is one address', () => {
    fc.assert(
      fc.property(anyBlock, spelling, (block, how) => {
        const cidr = spell(block, how);
        expect(isIP(cidr), cidr).not.toBe(0);
        expect(AllowedCidrsInput.parse([cidr])).toEqual([{ cidr }]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('with a host bit set is refused with the form that is taken, which is the same block', () => {
    const withHostBits = anyBlock.filter((block) => (block.address & hostMask(block)) !== 0n);
    fc.assert(
      fc.property(withHostBits, spelling, (block, how) => {
        const cidr = `${spell(block, how)}/${block.length}`;
        expect(cidrError(cidr)).toMatch(/^must be \S+: host bits are set outside the prefix$/);
        const corrected = correctedOf(cidr) ?? '';
        expect(accepts(corrected), corrected).toBe(true);
        const plain = { upper: false, padded: true, run: -1, dottedTail: false };
        expect(expand(corrected)).toBe(`${spell(networkOf(block), plain)}/${block.length}`);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** A corrected form with nothing left out of it. */
function expand(cidr: string): string {
  const [address = '', length] = cidr.split('/');
  if (isIPv4(address)) return cidr;
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const filled = address.includes('::')
    ? [
        ...groups(head),
        ...Array<string>(8 - groups(head).length - groups(tail).length).fill('0'),
        ...groups(tail),
      ]
    : groups(address);
  return `${filled.map((group) => group.padStart(4, '0')).join(':')}/${length}`;
}

describe('a single address or block', () => {
  test.each([
    ...['0.0.0.0/0', '::/0', '10.0.0.5', '10.0.0.5/32', '255.255.255.255', '10.0.0.0/8', '192.0.2.128/25'],
    ...['::', '::1', '::1/128', '2001:db8::/32', '2001:DB8::/32', '2001:0db8:0000::/32', 'fe80::/10'],
    ...['2001:db8::0:0:0:0:1', '1:2:3:4:5:6:7::', '64:ff9b::192.0.2.33', '::10.0.0.1', '8000::/1'],
  ])('%s is taken', (cidr) => expect(cidrError(cidr)).toBeUndefined());

  test.each([
    ['10.0.0.5/8', '10.0.0.0/8'],
    ['10.0.0.5/0', '0.0.0.0/0'],
    ['255.255.255.255/1', '128.0.0.0/1'],
    ['2001:db8::1/32', '2001:db8::/32'],
    ['2001:DB8:0:0:0:0:0:1/64', '2001:db8::/64'],
    ['::1/0', '::/0'],
    ['ffff::1/1', '8000::/1'],
  ])('%s is refused with %s', (cidr, corrected) => {
    expect(cidrError(cidr)).toBe(`must be ${corrected}: host bits are set outside the prefix`);
    expect(accepts(corrected)).toBe(true);
  });

  test.each([
    ['::ffff:10.0.0.5', '10.0.0.5'],
    ['::ffff:a00:5', '10.0.0.5'],
    ['0:0:0:0:0:FFFF:0A00:0005', '10.0.0.5'],
    ['::ffff:10.0.0.5/128', '10.0.0.5/32'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
  ])('%s is refused with %s, since clients over IPv4 are held against IPv4', (cidr, corrected) => {
    expect(cidrError(cidr)).toBe(`must be ${corrected}: IPv4 addresses are written as such`);
    expect(accepts(corrected)).toBe(true);
  });

  test('an IPv4-mapped block with host bits is refused with the IPv4 block that is meant', () => {
    expect(correctedOf('::ffff:10.0.0.5/104')).toBe('10.0.0.0/8');
    expect(correctedOf('::ffff:10.0.0.5/95')).toBe('::fffe:0:0/95');
    expect(accepts('::fffe:0:0/95')).toBe(true);
  });

  test.each([
    ['10.0.0.0/33', 32],
    ['10.0.0.0/128', 32],
    ['::/129', 128],
    ['::/999', 128],
  ])('%s has a prefix length that is too long', (cidr, bits) => {
    expect(cidrError(cidr)).toBe(`must have a prefix length from 0 to ${bits}`);
  });

  test.each([
    ...['', ' ', '/', '/8', '10.0.0.0/', '10.0.0.0//8', '10.0.0.0/8/8', '10.0.0.0/-1', '10.0.0.0/+8'],
    ...['10.0.0.0/08', '10.0.0.0/00', '::/032', '10.0.0.0/8.0', '10.0.0.0/1e1', '10.0.0.0/1000', '::/1280'],
    ...['10', '10.1', '10.0.1', '1.2.3.4.5', '256.0.0.1', '1.2.3', '1..2.3', '.1.2.3', '1.2.3.', '167772161'],
    ...['010.0.0.1', '10.0.0.01', '10.00.0.1', '0x0a.0.0.1', '0xa000001', '10.0.0.٣', '１0.0.0.1'],
    ...[
      '10.0.0.1 ',
      ' 10.0.0.1',
      '10.0.0.1\n',
      '10.0.0.1\u0000',
      '10.0.0.0 /8',
      '10.0.0.0/255.0.0.0',
      '10.*',
    ],
    ...[':', ':::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', '12345::', '::g', '1:2:3:4:5:6:7:8::'],
    ...['[::1]', '::1]', 'fe80::1%eth0', 'fe80::1%25', 'fe80::1%1/64', '::ffff:10.0.0.01', '::1.2.3', '::1:'],
    ...['localhost', 'example.com', '10.0.0.1:443', '10.0.0.1-10.0.0.9', 'a'.repeat(1_000_000)],
  ])('%j is none', (cidr) => expect(cidrError(cidr)).toMatch(/^must be an IPv4 or IPv6 address, or one/));
});

describe('any text', () => {
  const near = fc.string({ unit: fc.constantFrom(...'0123456789abcdefF.:/%x -'.split('')), maxLength: 50 });

  test('is an address exactly when it is one for the resolver too, zone ids and mapped addresses apart', () => {
    fc.assert(
      fc.property(fc.oneof(near, fc.ipV4(), fc.ipV6(), fc.ipV4Extended()), (text) => {
        const isMapped = (cidrError(text) ?? '').endsWith('written as such');
        const isAddress = isIP(text) !== 0 && !text.includes('%') && !isMapped;
        expect(accepts(text) && !text.includes('/'), text).toBe(isAddress);
      }),
      { numRuns: 2_000 },
    );
  });

  test('never fails, and a form that a refusal names is taken', () => {
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: 'binary', maxLength: 60 })), (text) => {
        const corrected = correctedOf(text);
        if (corrected !== undefined) expect(accepts(corrected), corrected).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('of anything else than text or an entry no list is made', () => {
    const odd = fc.anything().filter((value) => typeof value !== 'string');
    fc.assert(
      fc.property(odd, (value) => {
        const isEntry = AllowedCidrsInput.safeParse([value]).success;
        expect(isEntry).toBe(false);
      }),
    );
  });
});
