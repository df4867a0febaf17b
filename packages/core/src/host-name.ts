/** Names of hosts are equal in any case (RFC 4343), and with or without the dot of the root. */
export function comparable(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}
