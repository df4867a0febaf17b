import type { Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  /** By their names in lower case; those that come several times are joined. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Whether the connection ends with it. */
  readonly isLast: boolean;
}

/** The connection was closed before a single byte was answered. */
export class ClosedUnanswered extends Error {}

interface Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly end: number;
}

const END_OF_HEAD = '\r\n\r\n';

/** Reads the next answer of a connection. */
export async function readAnswer(
  socket: Socket,
  { method, timeoutMs }: { readonly method: string; readonly timeoutMs: number },
): Promise<Answer> {
  let bytes = Buffer.alloc(0);
  return await new Promise<Answer>((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      act();
    };
    const timer = setTimeout(
      () => settle(() => reject(new Error(`there was no answer within ${timeoutMs} ms`))),
      timeoutMs,
    );
    const onData = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const answer = parseAnswer(bytes, { method, isClosed: false });
      if (answer !== undefined) settle(() => resolve(answer));
    };
    const onClose = () => {
      const answer = parseAnswer(bytes, { method, isClosed: true });
      settle(() => {
        if (answer !== undefined) resolve(answer);
        else if (bytes.length === 0)
          reject(new ClosedUnanswered('the connection was closed without an answer'));
        else reject(new Error('the connection was closed in the middle of an answer'));
      });
    };
    socket.on('data', onData).on('close', onClose);
    if (socket.destroyed) onClose();
  });
}

/** The answer, when it is whole (RFC 9112, section 6.3). */
function parseAnswer(
  bytes: Buffer,
  { method, isClosed }: { readonly method: string; readonly isClosed: boolean },
): Answer | undefined {
  const head = parseHead(bytes);
  if (head === undefined) return undefined;
  const { status, headers, end } = head;
  if (status < 200) return parseAnswer(bytes.subarray(end), { method, isClosed });
  const rest = bytes.subarray(end);
  const answer = (body: Buffer) => ({
    ...{ status, headers, body },
    isLast: isClosed || headers.get('connection')?.toLowerCase() === 'close',
  });
  if (method === 'HEAD' || status === 204 || status === 304) return answer(Buffer.alloc(0));
  if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked') {
    const body = joinChunks(rest);
    return body === undefined ? undefined : answer(body);
  }
  const length = headers.get('content-length');
  if (length === undefined) return isClosed ? answer(rest) : undefined;
  return rest.length < Number(length) ? undefined : answer(rest.subarray(0, Number(length)));
}

function parseHead(bytes: Buffer): Head | undefined {
  const at = bytes.indexOf(END_OF_HEAD);
  if (at === -1) return undefined;
  const [line = '', ...fields] = bytes.subarray(0, at).toString('latin1').split('\r\n');
  const headers = new Map<string, string>();
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(line.split(' ')[1]), headers, end: at + END_OF_HEAD.length };
}

/** What stands in the chunks, when the last of them is there. */
function joinChunks(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    if (end === -1) return undefined;
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    const from = end + 2;
    if (bytes.length < from + size + 2) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(bytes.subarray(from, from + size));
    at = from + size + 2;
  }
}
