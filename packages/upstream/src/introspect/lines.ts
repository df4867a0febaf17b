import { createGunzip } from 'node:zlib';

/** The parts of a snapshot's body, in their order. */
export const SECTIONS = ['schema', 'type', 'relation'] as const;
export type Section = (typeof SECTIONS)[number];

/**
 * One line of a body: an object in its section. What is counted rather than made stands apart from the structure, at
 * the end: it is part of neither the hash nor a comparison.
 */
export interface Line {
  readonly section: Section;
  /** JSON. */
  readonly structure: string;
  /** JSON; of relations only. */
  readonly estimates?: string | undefined;
}

/** The member of a relation that names its parts that could not be read; it has none where all could. */
export const NOT_READ = 'not_read';

const ESTIMATES = ',"estimates":';

/** `{"relation":{…},"estimates":{…}}`, with the end of the line. */
export function formatLine({ section, structure, estimates }: Line): string {
  const end = estimates === undefined ? '' : `${ESTIMATES}${estimates}`;
  return `{"${section}":${structure}${end}}\n`;
}

/** Reads what `formatLine` has written, without parsing what is in it. */
function readLine(line: string): Line {
  const section = SECTIONS.find((name) => line.startsWith(name, 2));
  if (section === undefined) throw new Error('a line of a snapshot is of no section');
  const begin = section.length + '{"":'.length;
  if (section !== 'relation') return { section, structure: line.slice(begin, -1) };
  // Estimates are numbers and nothing else: the last place where this stands is theirs.
  const end = line.lastIndexOf(ESTIMATES);
  return { section, structure: line.slice(begin, end), estimates: line.slice(end + ESTIMATES.length, -1) };
}

/** The object of a line as JSON, its estimates among its members. */
export function lineObject({ structure, estimates }: Line): string {
  return estimates === undefined ? structure : `${structure.slice(0, -1)}${ESTIMATES}${estimates}}`;
}

/**
 * The lines of a body, some at a time as they are decompressed, which is done off this thread: the whole of it is never
 * in memory.
 */
export async function* readLines(body: Uint8Array): AsyncGenerator<Line[], void, undefined> {
  const gunzip = createGunzip();
  gunzip.end(body);
  let rest = '';
  for await (const chunk of gunzip.setEncoding('utf8')) {
    const lines = `${rest}${chunk as string}`.split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) yield lines.map(readLine);
  }
}
