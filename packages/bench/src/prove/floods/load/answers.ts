/** Reads answers of HTTP/1.1 off a connection, as far as a load needs: status, headers and body. */

/** One answer. Headers are text still: most of them are never looked at. */
export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** What stands at the front of what was received. */
export type Reading =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'answer'; readonly answer: Answer; readonly length: number }
  | { readonly kind: 'nonsense' };

const HEAD_END = '\r\n\r\n';
const STATUS_LINE = /^HTTP\/1\.1 (\d{3})[ \r]/;
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)\r\n/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked\r\n/i;
const BODILESS = new Set([204, 304]);
const INFORMATIONAL = 200;

/**
 * The first answer in `text`, which holds a character for each byte. Interim answers (RFC 9110, section 15.2) are
 * passed over.
 *
 * @param isHead whether HEAD was asked, whose answer names the length of a body that does not come
 */
export function readAnswer(text: string, isHead = false): Reading {
  const headEnd = text.indexOf(HEAD_END);
  if (headEnd < 0) return { kind: 'incomplete' };
  const head = text.slice(0, headEnd + 2);
  const status = Number(STATUS_LINE.exec(head)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) return { kind: 'nonsense' };
  const start = headEnd + HEAD_END.length;
  if (status < INFORMATIONAL) return after(start, readAnswer(text.slice(start), isHead));
  const take = (bodyLength: number, body: string): Reading => {
    return { kind: 'answer', answer: { status, head, body }, length: start + bodyLength };
  };
  if (isHead || BODILESS.has(status)) return take(0, '');
  if (CHUNKED.test(head)) {
    const chunks = readChunks(text.slice(start));
    return chunks === undefined ? { kind: 'incomplete' } : take(chunks.length, chunks.body);
  }
  const length = Number(CONTENT_LENGTH.exec(head)?.[1] ?? Number.NaN);
  if (Number.isNaN(length)) return { kind: 'nonsense' };
  if (text.length < start + length) return { kind: 'incomplete' };
  return take(length, text.slice(start, start + length));
}

/** The value of a header of an answer; undefined where it has none of this name. */
export function headerOf({ head }: Answer, name: string): string | undefined {
  return new RegExp(`\r\n${name}: *([^\r]*)\r\n`, 'i').exec(head)?.[1];
}

function after(passed: number, reading: Reading): Reading {
  return reading.kind === 'answer' ? { ...reading, length: reading.length + passed } : reading;
}

/** A body in chunks (RFC 9112, section 7.1); undefined as long as its last one is not there. */
function readChunks(text: string): { body: string; length: number } | undefined {
  let [body, at] = ['', 0];
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    const start = lineEnd + 2;
    if (text.length < start + size + 2) return undefined;
    if (size === 0) return { body, length: start + 2 };
    body += text.slice(start, start + size);
    at = start + size + 2;
  }
}
