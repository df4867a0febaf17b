/** Connections that send requests of HTTP/1.1 as bytes: the least work for each, so that a load can be a large one. */
import { connect, type Socket } from 'node:net';
import { readAnswer, type Answer } from './answers.ts';

/** What became of a request: its answer, or why there is none. */
export type Outcome = Answer | 'closed' | 'nonsense' | 'unanswered';

export interface Connections {
  /**
   * Sends a request over a connection that is free, a new one if there is none, or one that becomes free when there may
   * be no more of them. Calls back once.
   */
  readonly send: (bytes: string, onOutcome: (outcome: Outcome) => void) => void;
  /** How many requests wait for a connection. */
  readonly waiting: () => number;
  /** Gives up on whatever is under way. */
  readonly close: () => void;
}

interface Exchange {
  readonly bytes: string;
  readonly onOutcome: (outcome: Outcome) => void;
}

interface Options {
  readonly host: string;
  readonly port: number;
  /** The address of this machine that the connections come from. */
  readonly localAddress?: string | undefined;
  readonly max: number;
}

/** Opens connections as they are needed, and keeps them. */
export function openConnections({ host, port, localAddress, max }: Options): Connections {
  const free: Line[] = [];
  const all = new Set<Line>();
  const queue: Exchange[] = [];
  let next = 0;
  let isClosed = false;

  const takeQueued = () => {
    const exchange = queue[next];
    if (exchange === undefined) return undefined;
    next += 1;
    if (next === queue.length) next = queue.length = 0;
    return exchange;
  };

  function open(exchange: Exchange): void {
    const socket = connect({
      host,
      port,
      noDelay: true,
      ...(localAddress !== undefined && { localAddress }),
    });
    const line = createLine(socket, {
      onFree: () => {
        const queued = takeQueued();
        if (queued === undefined) free.push(line);
        else line.send(queued);
      },
      onGone: () => {
        all.delete(line);
        const index = free.indexOf(line);
        if (index >= 0) free.splice(index, 1);
        const queued = isClosed ? undefined : takeQueued();
        if (queued !== undefined) open(queued);
      },
    });
    all.add(line);
    line.send(exchange);
  }

  return {
    send: (bytes, onOutcome) => {
      const exchange = { bytes, onOutcome };
      const line = free.pop();
      if (line !== undefined) line.send(exchange);
      else if (all.size < max) open(exchange);
      else queue.push(exchange);
    },
    waiting: () => queue.length - next,
    close: () => {
      isClosed = true;
      for (const { onOutcome } of queue.splice(next)) onOutcome('unanswered');
      for (const line of all) line.close();
    },
  };
}

const CLOSING = /\r\nconnection: *close\r\n/i;

/** One connection, with at most one request under way. */
interface Line {
  readonly send: (exchange: Exchange) => void;
  readonly close: () => void;
}

interface LineEvents {
  readonly onFree: () => void;
  readonly onGone: () => void;
}

function createLine(socket: Socket, { onFree, onGone }: LineEvents): Line {
  let current: Exchange | undefined;
  let received = '';
  const end = (outcome: Outcome) => {
    const ended = current;
    current = undefined;
    ended?.onOutcome(outcome);
  };
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received = received === '' ? text : received + text;
    const reading = readAnswer(received);
    if (reading.kind === 'incomplete') return;
    received = '';
    if (reading.kind === 'nonsense' || current === undefined) {
      end('nonsense');
      socket.destroy();
      return;
    }
    end(reading.answer);
    // A server that says so takes no further request (RFC 9112, section 9.6).
    if (CLOSING.test(reading.answer.head)) socket.end();
    else if (!socket.destroyed && !socket.readableEnded) onFree();
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    end('closed');
    onGone();
  });
  return {
    send: (exchange) => {
      current = exchange;
      socket.write(exchange.bytes, 'latin1');
    },
    close: () => {
      end('unanswered');
      socket.destroy();
    },
  };
}
