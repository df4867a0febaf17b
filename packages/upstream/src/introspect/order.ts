import { nonsense } from './nonsense.ts';

/** What has a place in the order of a snapshot. */
interface Placed {
  /** Of a schema itself there is none. */
  readonly schema?: string;
  readonly name: string;
}

/**
 * An expression to order names by: as UTF-8 and byte by byte, which is the order of code points, whatever the encoding
 * and the collation of the database are. Servers sort, and here it is only looked after: to sort tens of thousands of
 * names that begin alike would keep everybody else waiting.
 */
export function inNameOrder(expression: string): string {
  return `convert_to(${expression}, 'UTF8')`;
}

/** The order of names in a snapshot: that of their code points. */
export function compareNames(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let index = 0; index < end; index += 1) {
    const [one, other] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (one !== other) return rankOf(one) - rankOf(other);
  }
  return a.length - b.length;
}

const SURROGATES = 0xd800;
const BEHIND_SURROGATES = 0xe000;

/** Code units in the order of what they stand for: surrogates are of characters behind all others. */
function rankOf(unit: number): number {
  if (unit < SURROGATES) return unit;
  return unit < BEHIND_SURROGATES ? unit + 0x2000 : unit - 0x800;
}

/** The order of what stands in a snapshot: by schema and name. */
export function comparePlaces(a: Placed, b: Placed): number {
  return compareNames(a.schema ?? '', b.schema ?? '') || compareNames(a.name, b.name);
}

/**
 * Makes the check that each one stands behind the one before.
 *
 * @throws UpstreamError protocol_error from the check, for one that does not: no server that was asked to sort does that
 */
export function orderCheck(): (next: Placed) => void {
  let last: Placed | undefined;
  return (next) => {
    if (last !== undefined && comparePlaces(last, next) >= 0)
      throw nonsense('its rows are not in their order');
    last = next;
  };
}
