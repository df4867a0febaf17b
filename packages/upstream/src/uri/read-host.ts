import { isIPv6 } from 'node:net';
import { decode } from './decode.ts';
import { URI_FORM, UriError } from './uri-error.ts';

/** What can only come from a piece of something else that ended up in the host. */
const NOT_IN_A_HOST = /[\s@?#[\]%\\"'<>]/u;

/**
 * A host that stood without brackets.
 *
 * @throws UriError for sockets, lists of hosts and addresses in the wrong form
 */
export function readHost(raw: string): string {
  const host = decode('host', raw);
  if (host === '')
    throw new UriError(
      'host',
      `must name the host behind the @ (an IPv6 address in brackets), as in ${URI_FORM}`,
    );
  if (host.includes('/') || host.startsWith('@'))
    throw new UriError(
      'host',
      "must name a host, not a Unix socket, which exists only on one machine (/cloudsql/ only on Google's); give the server's name or address",
    );
  // libpq takes hosts apart at the comma after it has decoded them.
  if (host.includes(',')) throw severalHosts();
  if (host.includes(':')) throw bareIpv6();
  if (NOT_IN_A_HOST.test(host))
    throw new UriError('host', 'must have one host name or IP address as its host, without spaces or signs');
  return host;
}

/**
 * What stood in brackets. libpq takes anything there; a zone (`%eth0`) names an interface of one machine.
 *
 * @throws UriError for anything but an IPv6 address
 */
export function readIpv6(raw: string): string {
  const host = decode('host', raw);
  if (!isIPv6(host) || host.includes('%'))
    throw new UriError(
      'host',
      'must have an IPv6 address without a zone in its brackets; names and IPv4 addresses stand without them',
    );
  return host;
}

export function severalHosts(): UriError {
  return new UriError('host', 'must name one host; register the others as replicas');
}

export function bareIpv6(): UriError {
  return new UriError(
    'host',
    'must have one : between host and port, and an IPv6 address in brackets, as in [2001:db8::1]',
  );
}
