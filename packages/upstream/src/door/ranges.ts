import ipaddr from 'ipaddr.js';
import type { Address } from './address.ts';

/** A block of addresses. */
export type Range = readonly [address: Address, prefixBits: number];

/**
 * What is not dialled, by the kind that a caller is told. The blocks are those of IANA's registries of special-purpose
 * addresses (RFC 6890) that are not for everybody's servers, with what else is known to be no public server. The first
 * block that an address lies in names its kind, so what is narrow stands before what is wide.
 */
const KINDS: readonly (readonly [kind: string, cidrs: readonly string[]])[] = [
  [
    'cloud metadata',
    [
      // AWS, Google Cloud, Azure, DigitalOcean and others; AWS for containers and for pods.
      ...['169.254.169.254/32', '169.254.170.2/32', '169.254.170.23/32'],
      // Alibaba Cloud, Oracle Cloud, and the public address that means Azure's own host from within it.
      ...['100.100.100.200/32', '192.0.0.192/32', '168.63.129.16/32'],
      // AWS, and for pods; Google Cloud; Scaleway.
      ...['fd00:ec2::254/128', 'fd00:ec2::23/128', 'fd20:ce::254/128', 'fd00:42::42/128'],
    ],
  ],
  ['unspecified', ['0.0.0.0/32', '::/128']],
  // RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3.
  ['loopback', ['127.0.0.0/8', '::1/128']],
  // RFC 1918.
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']],
  // RFC 6598.
  ['carrier-grade NAT', ['100.64.0.0/10']],
  // RFC 3927; RFC 4291, section 2.5.6; what was site-local until RFC 3879.
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  ['site-local', ['fec0::/10']],
  // RFC 4193.
  ['unique-local', ['fc00::/7']],
  // RFC 5771; RFC 4291, section 2.7.
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
  // RFC 5737; RFC 3849; RFC 9637.
  ['documentation', ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20']],
  // RFC 2544; RFC 5180, which lies in what follows.
  ['benchmarking', ['198.18.0.0/15', '2001:2::/48']],
  // RFC 4380: what a tunnel makes of an address says nothing about where it ends.
  ['Teredo', ['2001::/32']],
  // RFC 6890, section 2.1; RFC 2928. The few anycast services within them are no databases.
  ['protocol assignments', ['192.0.0.0/24', '2001::/23']],
  // RFC 7526: where 6to4 relays were.
  ['6to4 relay', ['192.88.99.0/24']],
  // RFC 8215: a translator of the local network, which may put IPv4 addresses where it likes.
  ['local-use translation', ['64:ff9b:1::/48']],
  // RFC 6666; RFC 9780.
  ['discard-only', ['100::/64', '100:0:0:1::/64']],
  // RFC 9602.
  ['segment routing', ['5f00::/16']],
  ['broadcast', ['255.255.255.255/32']],
  // RFC 791, section 3.2; RFC 1112, section 4.
  ['reserved', ['0.0.0.0/8', '240.0.0.0/4']],
  // Whatever is outside 2000::/3, the only block that IANA hands out addresses from (RFC 4291, section 2.4).
  ['reserved', ['::/3', '4000::/2', '8000::/1']],
];

const REFUSED = KINDS.flatMap(([kind, cidrs]) =>
  cidrs.map((cidr) => ({ kind, range: ipaddr.parseCIDR(cidr) as Range })),
);

/** Whether an address lies in a block. IPv4 addresses lie in blocks of IPv4 only. */
export function isIn([network, prefixBits]: Range, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, prefixBits);
}

/** Why an address by itself is not dialled; undefined for a public one. */
export function kindOf(address: Address): string | undefined {
  return REFUSED.find(({ range }) => isIn(range, address))?.kind;
}
