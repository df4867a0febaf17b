import { createSocket } from 'node:dgram';

/** Any: a route leads to an address, not to a port. */
const PORT = 9;

/**
 * Whether this machine has a route to an IPv6 address. Connecting a UDP socket makes the operating system choose the
 * way and sends nothing (RFC 6724, section 6, rule 1, is found out in the same way).
 */
export async function hasIPv6Route(address: string): Promise<boolean> {
  const socket = createSocket('udp6');
  try {
    return await new Promise((resolve) => {
      socket.once('error', () => resolve(false));
      socket.connect(PORT, address, (error?: Error) => resolve(error === undefined));
    });
  } finally {
    socket.close();
  }
}
