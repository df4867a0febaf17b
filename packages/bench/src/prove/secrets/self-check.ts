import { randomBytes } from 'node:crypto';
import type { Needle } from './needles.ts';
import type { Search } from './search.ts';

/** Prime, so that what is planted lies across the borders of chunks at every place of it. */
const CHUNK_BYTES = 251;
const NOISE_BYTES = 997;

/**
 * Plants each needle among noise, and searches. A search that finds nothing is worth nothing unless it finds these.
 *
 * @returns the names of those that were planted and not found
 */
export async function missedBy(search: Search, needles: readonly Needle[]): Promise<string[]> {
  const planted = needles.filter(({ isSecret }) => isSecret === undefined);
  const missed: string[] = [];
  for (const { name, bytes } of planted) {
    const noise = () => randomBytes(NOISE_BYTES);
    const { findings } = await search(inChunks(Buffer.concat([noise(), bytes, noise()])));
    if (!findings.some((found) => found.name === name && found.offset === NOISE_BYTES)) missed.push(name);
  }
  return missed;
}

function* inChunks(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}
