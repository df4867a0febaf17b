import type { Socket } from 'node:net';
import { givenUp, hungUp } from './failure.ts';

/**
 * Waits until a socket has something to tell.
 *
 * @throws the socket's error; WireError for one that closes first, and for a signal that fires
 */
export async function socketEvent(
  socket: Socket,
  event: 'readable' | 'secureConnect',
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onClose = () => reject(hungUp());
  const onAbort = () => reject(givenUp(signal));
  socket.once(event, resolve).once('error', reject).once('close', onClose);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  if (socket.destroyed) onClose();
  try {
    await promise;
  } finally {
    socket.off(event, resolve).off('error', reject).off('close', onClose);
    signal.removeEventListener('abort', onAbort);
  }
}
