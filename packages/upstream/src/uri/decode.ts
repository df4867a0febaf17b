import { UriError, type UriPart } from './uri-error.ts';

/** C0 and C1 control characters: no name, host or password needs one, and a log line must not hold one. */
// oxlint-disable-next-line no-control-regex -- control characters are what this finds
const CONTROL_CHARACTER = /[\x00-\x1f\x7f-\x9f]/;

/**
 * Percent-decodes one part. `+` stays what it is: forms write a space so, URIs do not (RFC 3986).
 *
 * @throws UriError for what libpq refuses (`%` without two digits, `%00`), for bytes that are not UTF-8, and for
 *   control characters
 */
export function decode(part: UriPart, raw: string): string {
  if (/%(?![0-9a-f]{2})/i.test(raw))
    throw new UriError(
      part,
      `holds a % without two hexadecimal digits in its ${part}; write % itself as %25`,
    );
  const text = decodeUtf8(part, raw);
  if (CONTROL_CHARACTER.test(text))
    throw new UriError(part, `must not hold control characters (%00 to %1F, %7F) in its ${part}`);
  return text;
}

function decodeUtf8(part: UriPart, raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    // The error of the platform would only say that the URI is malformed.
    throw new UriError(
      part,
      `holds bytes in its ${part} that are not UTF-8; percent-encode the text as UTF-8`,
    );
  }
}
