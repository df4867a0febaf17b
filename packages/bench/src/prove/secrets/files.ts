import { open, opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding, Search, Searched } from './search.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Searches a file, or all files of a folder; each finding is named after the file that it stands in. */
export async function searchPath(search: Search, path: string): Promise<Searched> {
  let bytes = 0;
  const findings: Finding[] = [];
  // One for all: a cluster has a thousand small files.
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for await (const file of filesIn(path)) {
    const searched = await search(chunksOf(file, chunk));
    bytes += searched.bytes;
    findings.push(...searched.findings.map((found) => ({ ...found, name: `${found.name}, in ${file}` })));
  }
  return { bytes, findings };
}

/** The file piece by piece, each in the same place as the one before. */
async function* chunksOf(file: string, chunk: Buffer): AsyncGenerator<Buffer> {
  await using handle = await open(file);
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length);
    if (bytesRead === 0) return;
    yield chunk.subarray(0, bytesRead);
  }
}

async function* filesIn(path: string): AsyncGenerator<string> {
  if (!(await stat(path)).isDirectory()) {
    yield path;
    return;
  }
  for await (const entry of await opendir(path, { recursive: true }))
    if (entry.isFile()) yield join(entry.parentPath, entry.name);
}
