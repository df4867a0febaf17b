import ipaddr from 'ipaddr.js';
import { parseAddress, type Address } from './address.ts';
import { isIn, kindOf, type Range } from './ranges.ts';

/** Which addresses may be dialled. */
export interface Policy {
  /** The kind of address that this is, for which it is not dialled; undefined when it may be. */
  refusalOf(address: string): string | undefined;
}

/**
 * Public addresses and what lies in these ranges. A range is an address or a CIDR; bits behind its prefix mean nothing.
 *
 * @throws Error for a range that is none
 */
export function createPolicy(allowedCidrs: readonly string[]): Policy {
  const allowed = allowedCidrs.map(parseRange);
  const judge = (address: Address): string | undefined => {
    if (allowed.some((range) => isIn(range, address))) return undefined;
    const carried = carriedBy(address);
    return carried === undefined ? kindOf(address) : judge(carried);
  };
  return {
    refusalOf: (text) => {
      const address = parseAddress(text);
      return address === undefined ? 'unreadable' : judge(address);
    },
  };
}

/** Where prefixes have an IPv4 address behind them that something on the way dials instead. */
const CARRIERS: readonly { readonly range: Range; readonly at: number }[] = [
  // NAT64 (RFC 6052, section 2.1).
  { range: [ipaddr.parse('64:ff9b::'), 96], at: 12 },
  // 6to4 (RFC 3056, section 2).
  { range: [ipaddr.parse('2002::'), 16], at: 2 },
];
const IPV4_BYTES = 4;

/** The IPv4 address that an IPv6 address stands for: it is judged as that one. */
function carriedBy(address: Address): Address | undefined {
  const carrier = CARRIERS.find(({ range }) => isIn(range, address));
  if (carrier === undefined) return undefined;
  return new ipaddr.IPv4(address.toByteArray().slice(carrier.at, carrier.at + IPV4_BYTES));
}

function parseRange(text: string): Range {
  const [written = '', prefix] = text.split('/');
  const address = parseAddress(written);
  const bits = written.includes(':') ? 128 : 32;
  const prefixBits = Number(prefix ?? bits);
  // As an IPv4-mapped one would be for IPv4 and have a prefix of IPv6.
  const isMixed = (address?.kind() === 'ipv4') !== (bits === 32);
  if (address === undefined || isMixed || !(prefixBits >= 0 && prefixBits <= bits)) {
    throw new Error('a range that may be dialled is no address and no CIDR');
  }
  return [address, prefixBits];
}
