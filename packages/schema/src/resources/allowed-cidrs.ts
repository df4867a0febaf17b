import { z } from '@hono/zod-openapi';
import ipaddr from 'ipaddr.js';
import { list, text } from '../fields.ts';
import { MAX_ALLOWED_CIDRS, MAX_CIDR_CHARS, MAX_CIDR_LABEL_CHARS } from '../limits.ts';

/** These two judge the form: the library's own parsers take `10.1`, octal numbers and zone ids too. */
const IPV4 = z.ipv4();
const IPV6 = z.ipv6();
/** The letters of addresses and nothing else, so that no zone id (RFC 4007) comes in: it means something on one host only. */
const FORM = /^([0-9A-Fa-f.:]+)(?:\/(0|[1-9][0-9]{0,2}))?$/;

const IPV4_BITS = 32;
const IPV6_BITS = 128;
/** The bits before the IPv4 address in an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2). */
const MAPPED_PREFIX_BITS = 96;

const NOT_AN_ADDRESS =
  'must be an IPv4 or IPv6 address, or one with a prefix length, such as 10.0.0.5, 10.0.0.0/8 or 2001:db8::/32; without zone id and leading zeros';

/**
 * What is wrong with an entry of an allow-list, with the form that would be accepted where there is one; undefined when
 * nothing is. Bits behind the prefix (RFC 4632, section 3.1) are refused, since whoever sets them means another prefix
 * or another address. So is an IPv4-mapped IPv6 address: clients over IPv4 are held against IPv4 entries, and it would
 * let none of them in.
 */
export function cidrError(text: string): string | undefined {
  const [, address = '', prefix] = text.length > MAX_CIDR_CHARS ? [] : (FORM.exec(text) ?? []);
  const isIPv4 = IPV4.safeParse(address).success;
  if (!isIPv4 && !IPV6.safeParse(address).success) return NOT_AN_ADDRESS;
  const bits = isIPv4 ? IPV4_BITS : IPV6_BITS;
  const length = prefix === undefined ? bits : Number(prefix);
  if (length > bits) return `must have a prefix length from 0 to ${bits}`;

  const given = ipaddr.parse(isIPv4 ? address : hexadecimal(address));
  const network = networkOf(given, length);
  const isMapped = network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress();
  const written = isMapped ? network.toIPv4Address().toString() : network.toString();
  const writtenLength = isMapped ? length - MAPPED_PREFIX_BITS : length;
  const corrected = prefix === undefined ? written : `${written}/${writtenLength}`;
  if (network.toString() !== given.toString()) {
    return `must be ${corrected}: host bits are set outside the prefix`;
  }
  return isMapped ? `must be ${corrected}: IPv4 addresses are written as such` : undefined;
}

/** An IPv6 address without an IPv4 address at its end: the library reads `::10.0.0.1` as if it were IPv4-mapped. */
function hexadecimal(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** The first address of the block that an address lies in. */
function networkOf(address: ipaddr.IPv4 | ipaddr.IPv6, length: number): ipaddr.IPv4 | ipaddr.IPv6 {
  const cidr = `${address.toString()}/${length}`;
  return address instanceof ipaddr.IPv4
    ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
    : ipaddr.IPv6.networkAddressFromCIDR(cidr);
}

const cidr = z
  .string({
    error: (issue) => (issue.input === undefined ? 'is required' : 'must be a string'),
  })
  .superRefine((value, ctx) => {
    const message = cidrError(value);
    if (message !== undefined) ctx.addIssue({ code: 'custom', message });
  })
  .openapi({
    maxLength: MAX_CIDR_CHARS,
    pattern: '^[0-9a-fA-F.:]+(/[0-9]+)?$',
    description:
      'An IPv4 or IPv6 address, or a block with no bit set behind its prefix. Answered as it was given. IPv4-mapped IPv6 addresses are refused: write them as IPv4.',
    example: '203.0.113.0/24',
  });
const label = text({ max: MAX_CIDR_LABEL_CHARS }).openapi({
  description: 'What it is, for people.',
  example: 'office',
});

/** One block of addresses from which a project may be reached. */
export const CidrEntry = z.object({ cidr, label: label.optional() }).openapi('CidrEntry');
export type CidrEntry = z.infer<typeof CidrEntry>;

const EntryObject = z
  .strictObject(
    { cidr, label: label.optional() },
    {
      error: ({ code }) =>
        code === 'unrecognized_keys'
          ? undefined
          : 'must be an address as a string, or an object with a cidr and perhaps a label',
    },
  )
  .openapi('CidrEntryInput');
const CidrEntryInput = z
  .union([EntryObject, cidr])
  .transform((entry): CidrEntry => (typeof entry === 'string' ? { cidr: entry } : entry));

/** The allow-list in answers. */
export const AllowedCidrs = z.array(CidrEntry).max(MAX_ALLOWED_CIDRS);

/** The same in a request, where an entry may be a string too. */
export const AllowedCidrsInput = list(CidrEntryInput, MAX_ALLOWED_CIDRS);
