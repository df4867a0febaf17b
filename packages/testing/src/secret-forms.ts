/** Looks for a text in whatever form it may have been written down. */

/** Every form in which a text may have been written down. */
export function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  // In base64 a text that begins at another offset looks different; what is cut off at both ends is enough to find.
  const base64 = [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '')
      .slice(offset === 0 ? 0 : 4, -4);
    return [encoded, encoded.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const percent = encodeURIComponent(text);
  const json = JSON.stringify(text).slice(1, -1);
  const hex = bytes.toString('hex');
  const forms = [
    text,
    json,
    JSON.stringify(json).slice(1, -1),
    percent,
    percent.toLowerCase(),
    hex,
    hex.toUpperCase(),
    ...base64,
  ];
  return [...new Set(forms)];
}

/** The forms of a text that stand somewhere in there. */
export function found(haystack: string | Buffer, text: string): string[] {
  return formsOf(text).filter((form) => haystack.includes(form));
}
