/** Readers of what a server answers. What is not of the expected form is as if it had not been said. */
type Answer = string | null | undefined;

/** A count or a version number. */
export function wholeNumber(text: Answer): number | undefined {
  return matching(text, /^\d{1,10}$/) === undefined ? undefined : Number(text);
}

/** A limit of connections: -1 is none (PostgreSQL manual, sections 52.8 and 52.15). */
export function limitOf(text: Answer): number | undefined {
  return text === '-1' ? undefined : wholeNumber(text);
}

/** A boolean as text. */
export function truth(text: Answer): boolean | undefined {
  return text === 't' || text === 'f' ? text === 't' : undefined;
}

/** An unsigned number of 64 bits, kept as text since a double cannot hold it. */
export function bigNumber(text: Answer): string | undefined {
  return matching(text, /^\d{1,20}$/);
}

/** A position in the WAL, such as `16/B374D848` (PostgreSQL manual, section 8.20). */
export function walPosition(text: Answer): string | undefined {
  return matching(text, /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i);
}

function matching(text: Answer, form: RegExp): string | undefined {
  return text !== null && text !== undefined && form.test(text) ? text : undefined;
}

/** How many bytes the first position lies ahead of the second; 0 when it does not. */
export function bytesAhead(first: string, second: string): number {
  const bytes = offsetOf(first) - offsetOf(second);
  return bytes > 0n ? Number(bytes) : 0;
}

function offsetOf(position: string): bigint {
  const [high = '0', low = '0'] = position.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
