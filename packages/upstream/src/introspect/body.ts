import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { Cut } from './cut.ts';
import { MAX_BODY_BYTES, MAX_COMPRESSED_BYTES } from './limits.ts';
import { formatLine, type Line } from './lines.ts';

/** A few milliseconds' work: then others get their turn. */
const SLICE_CHARS = 64 * 1024;

/** What becomes of lines. */
export interface Body {
  /** SHA-256 of the structure, in hexadecimal. */
  readonly hash: string;
  /** The lines, compressed with gzip (RFC 1952). */
  readonly bytes: Buffer;
}

export interface BodyWriter {
  /** @throws Cut when the body would be larger than may be */
  readonly write: (line: Line) => Promise<void>;
  readonly finish: () => Promise<Body>;
}

/**
 * Begins a body. Lines are hashed and handed to the compressor, which works in threads of its own, a slice at a time;
 * between two slices the process does what else there is to do.
 */
export function writeBody(): BodyWriter {
  const gzip = createGzip();
  const hash = createHash('sha256');
  const compressed: Buffer[] = [];
  let compressedBytes = 0;
  gzip.on('data', (chunk: Buffer) => {
    compressed.push(chunk);
    compressedBytes += chunk.length;
  });
  const ended = once(gzip, 'end');
  let slice = '';
  let structure = '';
  let writtenBytes = 0;

  async function flush(): Promise<void> {
    const bytes = Buffer.from(slice);
    slice = '';
    const hashed = Buffer.from(structure);
    structure = '';
    writtenBytes += bytes.length;
    // One line may be many slices long. What is hashed is a part of what is written, and ends no later.
    for (let start = 0; start < bytes.length; start += SLICE_CHARS) {
      hash.update(hashed.subarray(start, start + SLICE_CHARS));
      if (!gzip.write(bytes.subarray(start, start + SLICE_CHARS))) await once(gzip, 'drain');
      await setImmediate();
    }
  }

  return {
    write: async (line) => {
      const text = formatLine(line);
      if (writtenBytes + slice.length + text.length > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES);
      if (compressedBytes > MAX_COMPRESSED_BYTES) throw tooLarge(MAX_COMPRESSED_BYTES);
      structure += `${line.section} ${line.structure}\n`;
      slice += text;
      if (slice.length >= SLICE_CHARS) await flush();
    },
    finish: async () => {
      await flush();
      gzip.end();
      await ended;
      return { hash: hash.digest('hex'), bytes: Buffer.concat(compressed) };
    },
  };
}

function tooLarge(bytes: number): Cut {
  return new Cut('too_much', `A snapshot has at most ${bytes / 1024 / 1024} MiB.`);
}
