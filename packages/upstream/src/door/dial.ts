import { connect, isIPv6, type Socket } from 'node:net';
import { UpstreamError } from '../error.ts';
import { parseAddress } from './address.ts';

/** A caller waits no longer than this for a connection, however many addresses there are. */
const TOTAL_TIMEOUT_MS = 5_000;
/** An address that is not the last one has this long. */
const ADDRESS_TIMEOUT_MS = 2_000;

export interface DialLimits {
  readonly totalMs?: number | undefined;
  readonly addressMs?: number | undefined;
}

interface DialOptions extends DialLimits {
  /** Addresses, never names: nothing is looked up here. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly signal: AbortSignal;
}

/**
 * Connects to the first of these addresses that lets it, one after the other. Whatever was begun and led nowhere is
 * destroyed.
 *
 * @throws UpstreamError of step `reach`: what the first address had against it, or `cancelled`
 */
export async function dial(options: DialOptions): Promise<Socket> {
  const { addresses, port, signal, totalMs = TOTAL_TIMEOUT_MS, addressMs = ADDRESS_TIMEOUT_MS } = options;
  const end = performance.now() + totalMs;
  let first: UpstreamError | undefined;
  for (const [index, address] of addresses.entries()) {
    const leftMs = end - performance.now();
    if (leftMs <= 0) break;
    const isLast = index === addresses.length - 1;
    const timeoutMs = isLast ? leftMs : Math.min(leftMs, addressMs);
    try {
      return await connectTo({ address, port, signal, timeoutMs });
    } catch (error) {
      const failure = asFailure(error);
      if (failure.code === 'cancelled') throw failure;
      first ??= failure;
    }
  }
  throw first ?? failed('unreachable');
}

interface Attempt {
  readonly address: string;
  readonly port: number;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

async function connectTo({ address, port, signal, timeoutMs }: Attempt): Promise<Socket> {
  if (signal.aborted) throw failed('cancelled');
  const socket = connect({
    ...{ host: address, port, family: isIPv6(address) ? 6 : 4, autoSelectFamily: false },
    ...{ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(failed('cancelled'));
  const timer = setTimeout(() => reject(failed('timeout')), timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  // For good: an error that nobody hears ends the process.
  socket.on('error', reject).once('connect', resolve);
  try {
    await promise;
    checkPeer(socket, address);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    socket.off('connect', resolve);
  }
}

/** A connection over which nothing comes for this long is looked after, so that one that died is noticed. */
const KEEP_ALIVE_DELAY_MS = 30_000;

/** What was connected to is what was meant. The operating system holds that; here it is what the policy stands on. */
function checkPeer({ remoteAddress }: Socket, address: string): void {
  // The server may have hung up already, and then there is no peer any more.
  if (remoteAddress === undefined) throw failed('closed');
  if (parseAddress(remoteAddress)?.toString() !== address) {
    throw new Error('a connection leads to another address than the one that was dialled');
  }
}

const MESSAGES = {
  refused: 'The connection was refused.',
  unreachable: 'There is no way to the address.',
  timeout: 'The connection was not answered in time.',
  closed: 'The server hung up as soon as it was connected to.',
  cancelled: 'Connecting was given up.',
} as const;
type DialCode = keyof typeof MESSAGES;

/** What the operating system says, where it is not that there is no way. */
const CODES: Readonly<Record<string, DialCode>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'closed',
  ETIMEDOUT: 'timeout',
};

function asFailure(error: unknown): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const code = error instanceof Error && 'code' in error ? CODES[String(error.code)] : undefined;
  return failed(code ?? 'unreachable', error);
}

function failed(code: DialCode, cause?: unknown): UpstreamError {
  return new UpstreamError({ step: 'reach', code, message: MESSAGES[code], cause });
}
