import { createDoor } from './door/door.ts';
import type { Connection, ConnectOptions } from './connection.ts';
import type { Target } from './target.ts';
import { connect } from './wire/connect.ts';

/** The one way to customers' servers. */
export interface Upstream {
  /**
   * Connects and logs in.
   *
   * @throws UpstreamError says which step failed and why
   */
  connect(target: Target, options: ConnectOptions): Promise<Connection>;
}

interface UpstreamOptions {
  /** Ranges that may be dialled although they are not public. */
  readonly allowedCidrs: readonly string[];
  /** Addresses of the resolvers, with a port where it is not 53; the system's own when left out. */
  readonly dnsServers?: readonly string[] | undefined;
}

/** Opens the way. Nothing is dialled yet. */
export function createUpstream({ allowedCidrs, dnsServers }: UpstreamOptions): Upstream {
  const door = createDoor({ allowedCidrs, dnsServers });
  return { connect: async (target, options) => await connect(door, target, options) };
}
