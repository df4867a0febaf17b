/**
 * Looks for many needles at once, in one pass over gigabytes: the algorithm of Wu and Manber (A fast algorithm for
 * multi-pattern searching, 1994) with blocks of two bytes. How far the search may skip is told by the two bytes that it
 * looks at, since no needle has them further ahead.
 */
import type { Needle } from './needles.ts';

export interface Finding {
  readonly name: string;
  /** Where it begins, in bytes from the beginning of what was searched. */
  readonly offset: number;
  /** What stands around it. */
  readonly context: string;
}

export interface Searched {
  readonly bytes: number;
  readonly findings: readonly Finding[];
}

export type Search = (chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => Promise<Searched>;

const BLOCK_BYTES = 2;
const CONTEXT_BYTES = 60;
/** What is found too often is not worth a list of its own. */
const MAX_FINDINGS = 100;

/** @throws RangeError for a needle of less than two bytes, which would be found everywhere */
export function createSearch(needles: readonly Needle[]): Search {
  const shortest = Math.min(...needles.map(({ bytes }) => bytes.length));
  if (shortest < BLOCK_BYTES) throw new RangeError('a needle is too short to be looked for');
  const { skips, beginnings, buckets } = tablesOf(needles, shortest);
  const longest = Math.max(...needles.map(({ bytes }) => bytes.length));
  // What begins behind the end of a piece less this is looked for with the next one, which has the rest of it.
  const overlap = longest + CONTEXT_BYTES;

  /** The places, up to `end`, where a needle begins. */
  const scan = (piece: Buffer, end: number, report: (needle: Needle, at: number) => void) => {
    let at = shortest - BLOCK_BYTES;
    const last = Math.min(end + at, piece.length - BLOCK_BYTES + 1);
    while (at < last) {
      const block = blockAt(piece, at);
      const skip = skips[block] ?? 0;
      const begin = at - shortest + BLOCK_BYTES;
      if (skip === 0 && beginnings[blockAt(piece, begin)] === 1) {
        for (const needle of needlesAt(buckets.get(block), piece, begin)) report(needle, begin);
      }
      at += skip || 1;
    }
  };

  return async (chunks) => {
    const findings: Finding[] = [];
    let rest = Buffer.alloc(0);
    let offset = 0;
    const look = (piece: Buffer, end: number) => {
      scan(piece, end, ({ name }, at) => {
        const context = contextOf(piece, at);
        if (findings.length < MAX_FINDINGS) findings.push({ name, offset: offset + at, context });
      });
      offset += end;
    };
    for await (const chunk of chunks) {
      const piece = Buffer.concat([rest, chunk]);
      const end = Math.max(0, piece.length - overlap);
      look(piece, end);
      rest = piece.subarray(end);
    }
    look(rest, rest.length);
    return { bytes: offset, findings };
  };
}

/** Those of the needles whose first bytes end with the same block. */
interface Bucket {
  /** Thousands of keys begin alike: so much tells them apart, without a look at each. */
  readonly byBeginning: Map<string, Needle[]>;
  readonly short: Needle[];
}

const BEGINNING_BYTES = 12;

function blockAt(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** How far each block lets the search skip; with which blocks needles begin; and what may stand where it skips none. */
function tablesOf(needles: readonly Needle[], shortest: number) {
  const last = shortest - BLOCK_BYTES;
  const skips = new Uint8Array(2 ** 16).fill(Math.min(last + 1, 255));
  const beginnings = new Uint8Array(2 ** 16);
  const buckets = new Map<number, Bucket>();
  for (const needle of needles) {
    for (let at = 0; at <= last; at += 1) {
      const block = blockAt(needle.bytes, at);
      skips[block] = Math.min(skips[block] ?? 0, last - at);
    }
    beginnings[blockAt(needle.bytes, 0)] = 1;
    const block = blockAt(needle.bytes, last);
    const bucket = buckets.get(block) ?? { byBeginning: new Map(), short: [] };
    buckets.set(block, bucket);
    bucketFor(bucket, needle).push(needle);
  }
  return { skips, beginnings, buckets };
}

function bucketFor({ byBeginning, short }: Bucket, { bytes }: Needle): Needle[] {
  if (bytes.length < BEGINNING_BYTES) return short;
  const beginning = bytes.toString('latin1', 0, BEGINNING_BYTES);
  const alike = byBeginning.get(beginning) ?? [];
  byBeginning.set(beginning, alike);
  return alike;
}

function* needlesAt(bucket: Bucket | undefined, piece: Buffer, at: number): Generator<Needle> {
  if (bucket === undefined) return;
  const alike = bucket.byBeginning.get(piece.toString('latin1', at, at + BEGINNING_BYTES)) ?? [];
  for (const needle of [...bucket.short, ...alike]) if (stands(needle, piece, at)) yield needle;
}

function stands({ bytes, isSecret }: Needle, piece: Buffer, at: number): boolean {
  const end = at + bytes.length;
  if (end > piece.length || piece.compare(bytes, 0, bytes.length, at, end) !== 0) return false;
  return isSecret?.(piece.toString('latin1', at, at + CONTEXT_BYTES)) ?? true;
}

function contextOf(piece: Buffer, at: number): string {
  const text = piece.toString('latin1', Math.max(0, at - CONTEXT_BYTES), at + CONTEXT_BYTES);
  return text.replaceAll(/[^\x20-\x7e]/g, '.');
}
