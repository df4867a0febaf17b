import type { Socket } from 'node:net';
import { givenUp, hungUp, WireError } from './failure.ts';
import { Framing, type Frame } from './framing.ts';

/** How long a server has to close its side after our goodbye. */
const GOODBYE_MS = 1000;

interface ChannelOptions {
  readonly signal: AbortSignal;
  /** How many bytes are read in all. */
  readonly maxBytes: number;
  /** Names what went wrong with the socket. */
  readonly nameFailure: (error: Error) => WireError;
}

/** The messages of one connection. Bytes are taken from the socket only when a message is asked for. */
export class Channel {
  readonly #socket: Socket;
  readonly #options: ChannelOptions;
  readonly #framing = new Framing();
  #bytesRead = 0;
  /** Why there is nothing more to read, once everything that arrived before has been read. */
  #ending: WireError | undefined;
  /** Why nothing is read any more, whatever arrived. */
  #failure: WireError | undefined;
  #wake: (() => void) | undefined;
  #farewell: () => Promise<void> | undefined = () => undefined;

  constructor(socket: Socket, options: ChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    const end = (ending: WireError) => {
      this.#ending ??= ending;
      this.#wake?.();
    };
    socket.on('readable', () => this.#wake?.());
    socket.on('error', (error) => end(options.nameFailure(error)));
    socket.on('end', () => end(hungUp()));
    socket.on('close', () => end(hungUp()));
    options.signal.addEventListener('abort', this.#onAbort);
    if (options.signal.aborted) this.#onAbort();
  }

  readonly #onAbort = () => this.fail(givenUp(this.#options.signal));

  /** Lets longer messages through: the server has let us in. */
  widen(): void {
    this.#framing.widen();
  }

  send(...messages: readonly Buffer[]): void {
    if (this.#failure === undefined && this.#socket.writable) this.#socket.write(Buffer.concat(messages));
  }

  /** The next message if it is here already. */
  take(): Frame | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#framing.take();
  }

  /** The next message, waited for. */
  async next(): Promise<Frame> {
    for (;;) {
      const frame = this.take();
      if (frame !== undefined) return frame;
      await this.#fill();
    }
  }

  /** Has something done between giving up and closing, in a bounded time. Nothing is read meanwhile. */
  beforeClosing(farewell: () => Promise<void> | undefined): void {
    this.#farewell = farewell;
  }

  /** Gives the connection up. Whoever waits for a message hears why, at once. */
  fail(failure: WireError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#wake?.();
    const done = this.#farewell();
    if (done === undefined) this.#socket.destroy();
    else void done.finally(() => this.#socket.destroy());
  }

  /** Sends a last message and closes, in a bounded time whatever the server does. */
  async end(goodbye: Buffer): Promise<void> {
    if (this.#failure !== undefined || this.#ending !== undefined) return this.fail(hungUp());
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    const timer = setTimeout(() => this.#socket.destroy(), GOODBYE_MS);
    // What still arrives is thrown away: a socket that nobody reads would not come to its end.
    this.#socket.removeAllListeners('readable').resume().end(goodbye);
    await closed;
    clearTimeout(timer);
    this.fail(hungUp());
  }

  async #fill(): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const chunk = this.#socket.read() as Buffer | null;
      if (chunk !== null) {
        this.#count(chunk.length);
        this.#framing.push(chunk);
        return;
      }
      if (this.#ending !== undefined) throw this.#ending;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #count(bytes: number): void {
    this.#bytesRead += bytes;
    if (this.#bytesRead <= this.#options.maxBytes) return;
    throw new WireError('too_much', `The server sent more than ${this.#options.maxBytes} bytes.`);
  }
}
