import { violation } from './failure.ts';

const NUL = 0;

/** Reads the fields of one message and never beyond its end. */
export class Fields {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  get remaining(): number {
    return this.#body.length - this.#at;
  }

  byte(): number {
    return this.#body.readUInt8(this.#advance(1));
  }

  uint16(): number {
    return this.#body.readUInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#body.readInt32BE(this.#advance(4));
  }

  /** So many bytes, borrowed. */
  bytes(length: number): Buffer {
    const start = this.#advance(length);
    return this.#body.subarray(start, start + length);
  }

  /** So many bytes of text. */
  text(length: number): string {
    const start = this.#advance(length);
    return this.#body.toString('utf8', start, start + length);
  }

  /** Text up to a NUL. */
  string(): string {
    const end = this.#body.indexOf(NUL, this.#at);
    if (end === -1) throw violation('a text has no end');
    const start = this.#at;
    this.#at = end + 1;
    return this.#body.toString('utf8', start, end);
  }

  /** Where the next `length` bytes begin. */
  #advance(length: number): number {
    const start = this.#at;
    if (length < 0 || length > this.remaining) throw violation('a field is longer than its message');
    this.#at += length;
    return start;
  }
}
