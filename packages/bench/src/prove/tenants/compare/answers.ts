/** What of an answer tells one resource from another. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]>;
  readonly text: string;
}

/** These tell of the request and of the time, and would differ between any two. */
const OF_THE_MOMENT = ['date', 'ratelimit', 'x-request-id'];

/**
 * Whether somebody who asks for what is another tenant's can tell it from what is not there: by the status, a header, or
 * any byte of the body but the request's id.
 *
 * @returns what gives it away, in words
 */
export function tellTale(foreign: PlainAnswer, missing: PlainAnswer): string | undefined {
  if (foreign.status !== missing.status)
    return `the status is ${foreign.status}, and ${missing.status} for what is missing`;
  const [text, otherText] = [bodyOf(foreign), bodyOf(missing)];
  if (text !== otherText) return `the body is ${text}, and ${otherText} for what is missing`;
  const [lines, otherLines] = [headersOf(foreign), headersOf(missing)];
  const different = [
    ...lines.filter((line) => !otherLines.includes(line)),
    ...otherLines.filter((line) => !lines.includes(line)),
  ];
  return different.length === 0 ? undefined : `these headers differ: ${different.join('; ')}`;
}

function headersOf({ headers }: PlainAnswer): string[] {
  return [...headers]
    .filter(([name]) => !OF_THE_MOMENT.includes(name))
    .map(([name, value]) => `${name}: ${value}`);
}

function bodyOf({ text }: PlainAnswer): string {
  return text.replace(/"request_id":"[^"]*"/, '"request_id":""');
}
