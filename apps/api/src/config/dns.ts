import { isIP } from 'node:net';
import { MAX_PORT, MIN_PORT } from '@headgate/schema';
import { ConfigError } from './error.ts';

/** The resolver library asks them one after the other, and nobody waits for more. */
const MAX_SERVERS = 10;

/** The resolvers that are asked about customers' domains; undefined for the system's own. */
export function readDnsServers(text: string | undefined): string[] | undefined {
  const servers = text?.split(',').map((server) => server.trim());
  if (servers !== undefined && (servers.length > MAX_SERVERS || !servers.every(isServer))) {
    throw new ConfigError(
      'DNS_SERVERS',
      `give at most ${MAX_SERVERS} addresses, separated by commas, each with or without a port, such as 192.0.2.53 or [2001:db8::53]:5353`,
    );
  }
  return servers;
}

/** `address`, `address:port`, `[address]` or `[address]:port`; an IPv6 address has a port only behind brackets. */
function isServer(text: string): boolean {
  if (isAddress(text)) return true;
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const isHost =
    bracketed === undefined ? isIP(plain ?? '') === 4 : isIP(bracketed) === 6 && isAddress(bracketed);
  return isHost && (port === undefined || (Number(port) >= MIN_PORT && Number(port) <= MAX_PORT));
}

/** A zone behind an IPv6 address is this machine's own matter, and the resolver library does not take it everywhere. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}
