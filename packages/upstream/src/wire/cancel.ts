import type { Socket } from 'node:net';
import type { Admitted, Door } from '../door/door.ts';
import type { Target } from '../target.ts';
import { encrypt } from './encrypt.ts';
import { requestTls } from './request-tls.ts';

/** How long a server has to hear that it need not go on. */
const CANCEL_MS = 2000;

/**
 * When it is told again. A request that overtakes its statement finds nothing to cancel, and the statement then runs for
 * nobody. The key is the session's own: told too often, it says nothing to anybody else.
 */
const AGAIN_AFTER_MS = [250, 1000];

/** Type of the message that asks to cancel (PostgreSQL manual, section 54.7). */
const CANCEL_REQUEST = 80_877_102;

/** What it takes to reach the same server again. */
export interface CancelRoute {
  readonly door: Door;
  readonly admitted: Admitted;
  readonly target: Target;
  /** Whether the connection is encrypted, so that the key must not travel in the clear. */
  readonly isEncrypted: boolean;
  readonly backendKey: Buffer | undefined;
}

/**
 * Asks the server to stop the statement that runs, over connections of their own (PostgreSQL manual, section 54.2.8).
 * There is no answer; what is waited for is that the request was taken, for PgBouncer forgets a client that leaves
 * before. Never throws.
 */
export async function cancel(route: CancelRoute): Promise<void> {
  const { backendKey } = route;
  if (backendKey === undefined) return;
  const request = cancelRequest(backendKey);
  await ask(route, request);
  for (const delayMs of AGAIN_AFTER_MS) setTimeout(() => void ask(route, request), delayMs).unref();
}

async function ask(route: CancelRoute, request: Buffer): Promise<void> {
  const { door, admitted, target, isEncrypted } = route;
  const signal = AbortSignal.timeout(CANCEL_MS);
  let socket: Socket | undefined;
  try {
    socket = await door.dial(admitted, target.port, signal);
    socket.on('error', () => {});
    if (isEncrypted) {
      if (!(await requestTls(socket, signal))) return;
      socket = await encrypt(socket, { target, admitted }, signal);
      socket.on('error', () => {});
    }
    await say(socket, request, signal);
  } catch {
    // A server that is not reached any more ends the statement when it finds its client gone.
  } finally {
    socket?.destroy();
  }
}

function cancelRequest(backendKey: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + backendKey.length, 0);
  head.writeInt32BE(CANCEL_REQUEST, 4);
  return Buffer.concat([head, backendKey]);
}

/** Resolves when the server has closed, which it does once it has passed the request on. */
async function say(socket: Socket, request: Buffer, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve()).resume();
    signal.addEventListener('abort', () => resolve());
    socket.end(request);
  });
}
