import { invalidInput } from '../errors.ts';

/** One block of PEM (RFC 7468, section 2): what it calls itself, and what stands between its first and last line. */
export interface PemBlock {
  readonly label: string;
  readonly lines: readonly string[];
}

const BEGIN = /^-----BEGIN ([A-Z0-9 ]{1,64})-----$/;
const END = /^-----END ([A-Z0-9 ]{1,64})-----$/;

/**
 * The blocks of a PEM text, in their order. Text around them is passed over (section 5.2 of the RFC), and so are blanks
 * around lines, which come of pasting into files of configuration.
 *
 * @throws HeadgateError INVALID_INPUT when there is none or one is not whole. It never says what the text holds: that
 *   may be a key that was put into the wrong field.
 */
export function readPem(field: string, text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { label: string; lines: string[] } | undefined;
  const number = () => blocks.length + 1;
  for (const line of text.split(/\r\n|\n|\r/).map((each) => each.trim())) {
    const begins = BEGIN.exec(line)?.[1];
    const ends = END.exec(line)?.[1];
    if (open === undefined) {
      if (begins !== undefined) open = { label: begins, lines: [] };
    } else if (begins !== undefined || (ends !== undefined && ends !== open.label)) {
      throw refuse(field, `is cut off: block ${number()} has no END line of its own. Copy the whole of it`);
    } else if (ends === undefined) {
      open.lines.push(line);
    } else {
      blocks.push(open);
      open = undefined;
    }
  }
  if (open !== undefined) {
    throw refuse(field, `is cut off: block ${number()} has no END line. Copy the whole of it`);
  }
  if (blocks.length === 0) throw refuse(field, describeOther(text));
  return blocks;
}

/** What else people send in place of PEM, and what makes PEM of it. */
function describeOther(text: string): string {
  const pem = 'must be PEM, with lines such as -----BEGIN CERTIFICATE-----';
  if (text.includes('-----BEGIN')) {
    return text.includes(String.raw`\n`)
      ? String.raw`has "\n" where its lines should break. Send it with its line breaks, as JSON writes them`
      : 'has lost its line breaks. Send it with them, each BEGIN and END on a line of its own';
  }
  // The first bytes of every DER certificate and key, as they are and in base64 (X.690, section 8.9: a SEQUENCE).
  if (text.startsWith('0\u{82}') || text.startsWith('0\u{fffd}')) {
    return `${pem}. This looks like DER: convert it with openssl x509 -inform der`;
  }
  if (/^\s*MI[A-Za-z0-9+/]/.test(text)) return `${pem}. This looks like the base64 of it without them`;
  return pem;
}

/** The refusal of a field, in words that come after its name. */
export function refuse(field: string, message: string) {
  return invalidInput([{ field, message }]);
}
