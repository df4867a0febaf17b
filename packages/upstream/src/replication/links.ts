import type { Connection } from '../connection.ts';
import { UpstreamError } from '../error.ts';
import type { Target } from '../target.ts';
import type { Upstream } from '../upstream.ts';

/** Connections to the servers that a slot has to do with. */
export interface Links {
  readonly server: Connection;
  /** To the primary of a standby. */
  readonly primary: Connection | undefined;
}

interface Targets {
  readonly target: Target;
  readonly primary?: Target | undefined;
}

/**
 * Does something with both servers connected, and closes what it has opened.
 *
 * @throws UpstreamError when one is not reached; whatever the work throws
 */
export async function withLinks<T>(
  upstream: Upstream,
  { target, primary }: Targets,
  signal: AbortSignal,
  work: (links: Links) => Promise<T>,
): Promise<T> {
  const [server, other] = await Promise.allSettled([
    upstream.connect(target, { signal }),
    primary === undefined ? undefined : upstream.connect(primary, { signal }).catch(ofPrimary),
  ]);
  try {
    if (server.status === 'rejected') throw server.reason;
    if (other.status === 'rejected') throw other.reason;
    return await work({ server: server.value, primary: other.value });
  } finally {
    const opened = [server, other].map((each) => (each.status === 'fulfilled' ? each.value : undefined));
    await Promise.all(opened.map(async (connection) => await connection?.close()));
  }
}

/** Says which of the two was not reached. */
function ofPrimary(error: unknown): never {
  if (!(error instanceof UpstreamError)) throw error;
  const { step, code, message } = error;
  throw new UpstreamError({ step, code, message: `The primary: ${message}`, cause: error });
}
