/** Sends whatever bytes to a server, and sees what becomes of them. */
import { connect } from 'node:net';
import { readAnswer, type Answer } from '../load/answers.ts';

/** Where to, and from which address of this machine: an attack is not to be taken for those whom it is to hurt. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly localAddress: string;
}

/** What is sent over a connection of its own, and how it has to end. */
export interface Shot {
  readonly what: string;
  readonly bytes: string;
  /** The failures that it deserves, beside those of overload. */
  readonly allowed: readonly number[];
  /** How many answers it may get: one, unless it is several requests. */
  readonly answers?: number;
  /** Whether it is HEAD, whose answers have no bodies. */
  readonly isHead?: boolean;
  /** Whether the sender says that nothing more comes, and goes on listening. */
  readonly isHalfClosed?: boolean;
}

export interface Exchange {
  readonly answers: readonly Answer[];
  /** All answers came, or the server closed the connection; or neither within the time. */
  readonly end: 'answered' | 'closed' | 'hung';
}

/** Fires a shot, and resolves when it is answered, when the connection is closed, or when the time is over. */
export async function exchange(target: Target, shot: Shot, timeoutMs: number): Promise<Exchange> {
  const { bytes, answers: wanted = 1, isHead = false, isHalfClosed = false } = shot;
  return await new Promise((resolve) => {
    const answers: Answer[] = [];
    let received = '';
    const socket = connect({ ...target, noDelay: true, allowHalfOpen: true });
    const finish = (end: Exchange['end']) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ answers, end });
    };
    const timer = setTimeout(finish, timeoutMs, 'hung');
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      if (isHalfClosed) socket.end(bytes, 'latin1');
      else socket.write(bytes, 'latin1');
    });
    socket.on('data', (text: string) => {
      received += text;
      for (let reading = readAnswer(received, isHead); reading.kind !== 'incomplete';) {
        if (reading.kind === 'nonsense') return finish('closed');
        answers.push(reading.answer);
        received = received.slice(reading.length);
        if (answers.length === wanted) return finish('answered');
        reading = readAnswer(received, isHead);
      }
    });
    socket.on('end', () => finish('closed'));
    socket.on('error', () => finish('closed'));
    socket.on('close', () => finish('closed'));
  });
}
