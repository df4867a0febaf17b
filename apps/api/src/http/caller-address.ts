/** From where a request comes, also when it comes through load balancers. */
import { BlockList, isIP } from 'node:net';

/** IPv4 in the form of IPv6 (RFC 4291, section 2.5.5.2), as a socket that listens for both tells it. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** `[2001:db8::1]:443`, `192.0.2.1:443` or either without a port. */
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/;
const GROUPS_OF_A_NETWORK = 4;

/** The load balancers whose word on callers' addresses is taken. */
export interface TrustedProxies {
  readonly includes: (address: string) => boolean;
}

/** @param ranges addresses and CIDRs, which the configuration has checked */
export function trustProxies(ranges: readonly string[]): TrustedProxies | undefined {
  if (ranges.length === 0) return undefined;
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return { includes: (address) => list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6') };
}

/**
 * The caller's address: the peer's, or when that is a trusted proxy the right-most address of X-Forwarded-For that is
 * none. Each proxy adds on the right who spoke to it, so that all that stands further left is hearsay. An entry that
 * is no address ends the walk, and the caller is whoever sent it.
 */
export function findCaller(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trusted: TrustedProxies | undefined,
): string | undefined {
  let caller = peer === undefined ? undefined : (toAddress(peer) ?? peer);
  if (trusted === undefined || forwardedFor === undefined || caller === undefined) return caller;
  let end = forwardedFor.length;
  while (end >= 0 && isIP(caller) !== 0 && trusted.includes(caller)) {
    const comma = end === 0 ? -1 : forwardedFor.lastIndexOf(',', end - 1);
    const entry = toAddress(forwardedFor.slice(comma + 1, end).trim());
    if (entry === undefined) break;
    caller = entry;
    end = comma;
  }
  return caller;
}

/** An address without port and zone, IPv4 in its own form; undefined for what is none. */
function toAddress(text: string): string | undefined {
  const bare = isIP(text) === 0 ? withoutPort(text) : text;
  const [address = ''] = bare.split('%');
  if (isIP(address) === 0) return undefined;
  return MAPPED.exec(address)?.[1] ?? address;
}

function withoutPort(text: string): string {
  const [, inBrackets, plain] = WITH_PORT.exec(text) ?? [];
  return inBrackets ?? plain ?? '';
}

/**
 * Whose requests are counted together: an IPv4 address by itself, IPv6 by its /64, since that is what one customer of
 * a provider has to choose addresses from (RFC 6177).
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = groupsOf(head);
  if (tail !== undefined) {
    const after = groupsOf(tail);
    const zeros = 8 - before.length - after.length;
    before.push(...Array.from({ length: zeros }, () => '0'), ...after);
  }
  const network = before.slice(0, GROUPS_OF_A_NETWORK).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${network.join(':')}::/64`;
}

/** The groups of 16 bits; IPv4 at the end takes the place of two, which no network consists of. */
function groupsOf(part: string): string[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}
