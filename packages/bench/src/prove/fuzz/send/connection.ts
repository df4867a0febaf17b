/** HTTP/1.1 (RFC 9112) byte by byte: fetch and node:http refuse to send much of what is to be sent here. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ClosedUnanswered, readAnswer, type Answer } from './read-answer.ts';

export interface Sent {
  readonly method: string;
  /** What stands between the method and the version. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Uint8Array | undefined;
}

export interface Connection {
  /**
   * Sends a request and waits for its answer.
   *
   * @throws Error when there is none within half a minute, or the connection is closed before it is whole
   */
  readonly send: (sent: Sent) => Promise<Answer>;
  readonly close: () => void;
}

/** More than any answer takes: the API gives up after 20 s. */
const ANSWER_TIMEOUT_MS = 30_000;

/** One connection, which is opened anew where the server has closed it. */
export function openConnection(origin: string): Connection {
  const { hostname, port, host } = new URL(origin);
  let socket: Socket | undefined;

  async function freshSocket(): Promise<Socket> {
    socket = connect({ host: hostname, port: Number(port), noDelay: true });
    // Whoever waits for an answer hears of it by `close`.
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  }

  async function exchange(on: Socket, sent: Sent): Promise<Answer> {
    on.write(toBytes(sent, host));
    return await readAnswer(on, { method: sent.method, timeoutMs: ANSWER_TIMEOUT_MS });
  }

  return {
    send: async (sent) => {
      const isKept = socket !== undefined && !socket.destroyed && socket.writable;
      const on = isKept && socket !== undefined ? socket : await freshSocket();
      // A server may close an idle connection just when it is used again (RFC 9112, section 9.3.1).
      const answer = await exchange(on, sent).catch(async (error: unknown) => {
        on.destroy();
        if (isKept && error instanceof ClosedUnanswered) return await exchange(await freshSocket(), sent);
        throw error;
      });
      if (answer.isLast) on.destroy();
      return answer;
    },
    close: () => void socket?.destroy(),
  };
}

function toBytes({ method, target, headers, body }: Sent, host: string): Buffer {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const has = (name: string) => headers.some(([each]) => each.toLowerCase() === name);
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(bytes !== undefined && !has('content-length') && !has('transfer-encoding')
      ? [`Content-Length: ${bytes.length}`]
      : []),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  if (bytes === undefined) return head;
  const isChunked = has('transfer-encoding');
  return Buffer.concat(isChunked ? [head, ...inChunks(bytes)] : [head, bytes]);
}

const CHUNK_BYTES = 16 * 1024;

function inChunks(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return [...chunks, Buffer.from('0\r\n\r\n')];
}
