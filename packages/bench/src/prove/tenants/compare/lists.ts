/** Holds what was answered against what the model says. Each says what is wrong, in words, or undefined. */
import { isDeepStrictEqual } from 'node:util';
import type { View } from '../model/rows.ts';

/** Of the time at which a key was used last nothing is known: it is written down now and then. */
const UNKNOWN = ['last_used_at'];

/** What differs between a resource as it must be and as it was read. */
export function differenceOf(wanted: View, got: View): string | undefined {
  const keys = new Set([...Object.keys(wanted), ...Object.keys(got)]);
  const wrong = [...keys].filter(
    (key) => !UNKNOWN.includes(key) && !isDeepStrictEqual(wanted[key], got[key]),
  );
  if (wrong.length === 0) return undefined;
  return wrong.map((key) => `${key} is ${shown(got[key])} and must be ${shown(wanted[key])}`).join('; ');
}

interface ListComparison {
  /** In the order in which they must come. */
  readonly wanted: readonly View[];
  readonly got: readonly View[];
  readonly idOf: (view: View) => string;
  /** Whose a row is that nobody expected, as far as anyone knows. */
  readonly ownerOf: (id: string) => string | undefined;
}

/** What is wrong with a list: a row that is not the tenant's, one that is missing, one that differs, or their order. */
export function listProblem({ wanted, got, idOf, ownerOf }: ListComparison): string | undefined {
  const [wantedIds, gotIds] = [wanted.map(idOf), got.map(idOf)];
  const alien = gotIds.find((id) => !wantedIds.includes(id));
  if (alien !== undefined)
    return `${alien} is in the list and must not be: it ${ownerOf(alien) ?? "is nobody's"}`;
  const missing = wantedIds.find((id) => !gotIds.includes(id));
  if (missing !== undefined) return `${missing} is missing`;
  if (!isDeepStrictEqual(gotIds, wantedIds))
    return `the order is ${gotIds.join(', ')} and must be ${wantedIds.join(', ')}`;
  for (const [index, view] of wanted.entries()) {
    const difference = differenceOf(view, got[index] ?? {});
    if (difference !== undefined) return `${wantedIds[index]}: ${difference}`;
  }
  return undefined;
}

/** Whether all that was sent stands in what was answered, however deep. */
export function holds(answered: unknown, sent: unknown): boolean {
  if (!isObject(sent) || !isObject(answered)) return isDeepStrictEqual(answered, sent);
  return Object.entries(sent).every(([key, value]) => holds(answered[key], value));
}

/** Newest first, and of one moment by the id, as all lists are. */
export function newestFirst(timeField: string, idOf: (view: View) => string) {
  const keyOf = (view: View) => `${String(view[timeField])} ${idOf(view)}`;
  return (a: View, b: View) => (keyOf(a) < keyOf(b) ? 1 : -1);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const MAX_SHOWN_CHARS = 200;

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, MAX_SHOWN_CHARS);
}
