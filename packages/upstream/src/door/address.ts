import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An address in its one form: an IPv4 address is never held as an IPv6 address that is mapped from it. */
export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Reads an address as DNS and the operating system write it: four decimal numbers, or IPv6 without zone id (RFC 4007).
 * An IPv4-mapped one (RFC 4291, section 2.5.5.2) is IPv4, since IPv4 is what goes over the wire.
 */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return ipaddr.IPv4.parse(text);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  // Without dotted numbers at its end: the library reads `::10.0.0.1` as if it were mapped.
  const hexadecimal = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const address = ipaddr.IPv6.parse(hexadecimal);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/**
 * Reads what the operating system would take for an address where it takes names: the spellings of inet_aton(3) too,
 * such as `127.1`, `0x7f000001` and `2130706433` (POSIX.1-2024, inet_addr). Resolvers are never asked for them.
 */
export function parseLiteral(host: string): Address | undefined {
  const address = parseAddress(host);
  if (address !== undefined) return address;
  return ipaddr.IPv4.isValid(host) ? ipaddr.IPv4.parse(host) : undefined;
}
