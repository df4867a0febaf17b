/** Servers that say what a test has them say, message by message. */
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContextOptions } from 'node:tls';
import type { TestCertificate } from '@headgate/testing';

/** Numbers and texts, one behind the other. */
export function bytes(...parts: readonly (number | string | Buffer)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'number' ? int32(part) : Buffer.from(part))));
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value | 0);
  return buffer;
}

export function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16BE(value);
  return buffer;
}

/** A message: its type, its length, its body (PostgreSQL manual, section 54.7). */
export function message(type: string, body: string | Buffer): Buffer {
  return bytes(type, Buffer.byteLength(body) + 4, body);
}

export const authentication = (code: number, data: string | Buffer = '') => message('R', bytes(code, data));
export const LET_IN = authentication(0);
export const READY = message('Z', 'I');
export const BACKEND_KEY = message('K', bytes(4711, 42));
export const parameter = (name: string, value: string) => message('S', `${name}\0${value}\0`);
/** All of a login that asks for nothing. */
export const WELCOME = Buffer.concat([LET_IN, parameter('server_version', '18.0'), BACKEND_KEY, READY]);
export const error = (fields: Readonly<Record<string, string>>) =>
  message(
    'E',
    `${Object.entries(fields)
      .map(([type, text]) => `${type}${text}\0`)
      .join('')}\0`,
  );
export const columns = (...names: string[]) =>
  message('T', bytes(int16(names.length), ...names.flatMap((name) => [`${name}\0`, Buffer.alloc(18)])));
export const row = (...values: string[]) =>
  message('D', bytes(int16(values.length), ...values.flatMap((value) => [Buffer.byteLength(value), value])));
export const COMPLETE = message('C', 'SELECT 1\0');

/** One side of a conversation: it waits for the client's messages, and answers. */
export class Conversation {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on('error', () => {}).on('close', () => this.#wake());
  }

  say(...messages: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(messages));
  }

  /** The client's next message, without its head. A first one has no type. */
  async hear({ isFirst = false } = {}): Promise<Buffer> {
    const typeBytes = isFirst ? 0 : 1;
    for (;;) {
      const available = this.#received;
      if (available.length >= typeBytes + 4) {
        const end = typeBytes + available.readInt32BE(typeBytes);
        if (available.length >= end) {
          this.#received = available.subarray(end);
          return available.subarray(typeBytes + 4, end);
        }
      }
      if (this.socket.destroyed) return Buffer.alloc(0);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Waits for whatever the client says next, such as a handshake. */
  async hearAnything(): Promise<void> {
    while (this.#received.length === 0 && !this.socket.destroyed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Has the client begin its login, without TLS. */
  async begin(): Promise<void> {
    for (;;) {
      const first = await this.hear({ isFirst: true });
      if (first.length !== 4) return;
      this.say(Buffer.from('N'));
    }
  }
}

/** Behaves as told from the client's startup packet on. */
export function afterBeginning(behave: (conversation: Conversation) => void | Promise<void>) {
  return async (socket: Socket) => {
    const conversation = new Conversation(socket);
    await conversation.begin();
    await behave(conversation);
  };
}

/** The same over TLS. */
export function overTls(
  { certificate, key }: TestCertificate,
  behave: (conversation: Conversation) => void | Promise<void>,
  options: SecureContextOptions = {},
) {
  return (socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, cert: certificate, key, ...options });
      secure.on('error', () => {});
      const conversation = new Conversation(secure);
      void conversation.hear({ isFirst: true }).then(async () => await behave(conversation));
    });
  };
}
