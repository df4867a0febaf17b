import { violation, WireError } from './failure.ts';

/** A message of the server: its type, and what stands behind its length. */
export interface Frame {
  readonly type: number;
  /** Borrowed until more is taken in: whoever keeps something of it makes a copy. */
  readonly body: Buffer;
}

/** No login needs more (libpq's own bounds are 2,000 bytes, and 30,000 for an error). */
const MAX_LOGIN_MESSAGE_BYTES = 10_000;

/** The longest row or error that is read afterwards. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Type and length (PostgreSQL manual, section 54.7). The length counts itself, and not the type. */
const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;

/** Everything that a server may send to a client that does not replicate (PostgreSQL manual, section 54.7). */
const TYPES = new Set(Buffer.from('RKSEZNAvTDCIn123tsGHWdc', 'latin1'));

const EMPTY = Buffer.alloc(0);

/** Cuts what arrives into messages. A type or length that cannot be is refused before anything is kept for it. */
export class Framing {
  /** The beginning of a message whose end has not arrived; a copy, with room for more behind `#end`. */
  #held: Buffer = EMPTY;
  #bytes: Buffer = EMPTY;
  #start = 0;
  #end = 0;
  #maxMessageBytes = MAX_LOGIN_MESSAGE_BYTES;

  /** Lets longer messages through: whoever sends them has let us in. */
  widen(): void {
    this.#maxMessageBytes = MAX_MESSAGE_BYTES;
  }

  /** Takes bytes in, when `take` has nothing left. */
  push(chunk: Buffer): void {
    if (this.#start === this.#end) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    this.#hold(chunk.length);
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  /**
   * The next whole message.
   *
   * @throws WireError protocol_error or too_much for one that is not read
   */
  take(): Frame | undefined {
    const availableBytes = this.#end - this.#start;
    if (availableBytes === 0) return undefined;
    const type = this.#bytes[this.#start] ?? 0;
    if (!TYPES.has(type)) throw violation(`a message begins with byte ${type}`);
    if (availableBytes < HEADER_BYTES) return undefined;
    const lengthBytes = this.#bytes.readUInt32BE(this.#start + 1);
    this.#judge(lengthBytes);
    const end = this.#start + 1 + lengthBytes;
    if (end > this.#end) return undefined;
    const body = this.#bytes.subarray(this.#start + HEADER_BYTES, end);
    this.#start = end;
    return { type, body };
  }

  #judge(lengthBytes: number): void {
    if (lengthBytes < LENGTH_BYTES) throw violation(`a message says that it is ${lengthBytes} bytes long`);
    if (lengthBytes <= this.#maxMessageBytes) return;
    if (this.#maxMessageBytes < MAX_MESSAGE_BYTES || lengthBytes > 0x7fff_ffff) {
      throw violation(`a message says that it is ${lengthBytes} bytes long`);
    }
    throw new WireError(
      'too_much',
      `The server sends a message of ${lengthBytes} bytes; at most ${MAX_MESSAGE_BYTES} are read.`,
    );
  }

  /** Makes room for more bytes. It grows by doubling, so that a message that drips in is not copied for each drop. */
  #hold(moreBytes: number): void {
    const heldBytes = this.#end - this.#start;
    if (this.#bytes === this.#held && this.#end + moreBytes <= this.#held.length) return;
    const neededBytes = heldBytes + moreBytes;
    const target =
      neededBytes <= this.#held.length / 2 ? this.#held : Buffer.allocUnsafeSlow(2 * neededBytes);
    this.#bytes.copy(target, 0, this.#start, this.#end);
    this.#held = target;
    this.#bytes = target;
    this.#start = 0;
    this.#end = heldBytes;
  }
}
