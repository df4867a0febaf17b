import type { Socket } from 'node:net';
import { serialize } from 'pg-protocol';
import { hungUp, Refusal, violation, type WireError } from './failure.ts';
import { Framing } from './framing.ts';
import { readServerMessage } from './messages.ts';
import { socketEvent } from './socket-event.ts';
import { plainFailure } from './tls-failure.ts';

const YES = 0x53; // S
const NO = 0x4e; // N
const ERROR = 0x45; // E

/**
 * Asks whether the server speaks TLS (PostgreSQL manual, section 54.2.11).
 *
 * @throws Refusal for an error in place of an answer; WireError for what is no answer at all
 */
export async function requestTls(socket: Socket, signal: AbortSignal): Promise<boolean> {
  socket.write(serialize.requestSsl());
  const answer = await read(socket, signal, 1);
  if (answer[0] === NO) return false;
  if (answer[0] === ERROR) throw await refusal(socket, signal, answer);
  if (answer[0] !== YES) throw violation('it answers neither yes nor no when asked for TLS');
  // Whatever stands behind the yes was put there before the encryption began, by anybody (CVE-2021-23222).
  if (socket.readableLength > 0) throw violation('it sends more than its answer when asked for TLS');
  return true;
}

/** The next bytes: exactly so many, or whatever is there. */
async function read(socket: Socket, signal: AbortSignal, count?: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(count) as Buffer | null;
    if (bytes !== null) return bytes;
    if (socket.readableEnded) throw hungUp();
    await socketEvent(socket, 'readable', signal).catch((error: unknown) => {
      throw plainFailure(error as Error);
    });
  }
}

/** An error in place of an answer. Nobody vouches for its text, which is not shown (CVE-2024-10977). */
async function refusal(socket: Socket, signal: AbortSignal, start: Buffer): Promise<WireError> {
  const framing = new Framing();
  framing.push(start);
  for (;;) {
    const frame = framing.take();
    if (frame === undefined) framing.push(await read(socket, signal));
    else {
      const { sqlState } = readServerMessage(frame.body);
      const code =
        sqlState === '53300' ? 'too_many_connections' : sqlState === '57P03' ? 'starting_up' : 'tls_failed';
      return new Refusal(code, `The server answers with an error when asked for TLS (${sqlState}).`);
    }
  }
}
