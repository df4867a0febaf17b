/** What can be wrong with one place of a body, each as a value to put there. */
import type { Chance } from '../../chance.ts';
import { typesOf, type Schema } from '../contract/schema.ts';
import type { Path } from './making.ts';
import { fieldAt, isObject, replaced, sitesOf, valueAt, type Site } from './sites.ts';
import { CONTROLS, LONE_SURROGATES, ODD_TEXTS, textOf } from './texts.ts';

/** A body with something in one place that may be wrong. */
interface Put {
  readonly body: unknown;
  readonly path: Path;
  /** Whether it is nested more deeply than any body may be. */
  readonly isTooDeep?: boolean;
}

export interface Broken extends Put {
  /** The field that is wrong, if anything is, as a refusal names it. */
  readonly field: string;
  /** What stands there. */
  readonly value: unknown;
}

type Fault = (chance: Chance, sites: readonly Site[]) => Put | undefined;

/** A number as it is written, which may be one that JavaScript cannot hold. */
function rawNumber(text: string): unknown {
  return (JSON as typeof JSON & { rawJSON: (text: string) => unknown }).rawJSON(text);
}

const put = (root: Site | undefined, { path }: Pick<Site, 'path'>, value: unknown): Put => ({
  body: replaced(root?.value, path, value),
  path,
});

const EXTRA_NAMES = [
  ...['extra', '', ' ', 'ID', 'a.b', 'a[0]', 'é😀', 'x'.repeat(300), 'a\u0000b', 'a\nb', '\ud800'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '$ref', 'then'],
];
const OTHER_VALUES = [null, true, false, 0, 1.5, '', 'x', '5432', 'true', [], [null], {}, { a: 1 }];
const NUMBERS = [
  ...['1e400', '-1e400', '1e308', '1e-400', '-0', '0.1', '1.0', '1E0', '9007199254740993', '4294967296'],
  ...['2147483648', '-2147483649', '9223372036854775808', '1e21', '-1', '123456789012345678901234567890'],
];
const HUGE_TEXT = 100_000;
const HUGE_LIST = 10_000;
const DEPTHS = [64, 101, 5_000, 100_000] as const;
/** What is nested more deeply is not looked at, wherever it stands. */
const MAX_DEPTH = 100;
/** Stands for a value that is too deep to be written the usual way. */
const DEEP = 'nested as deeply as ';
const WRITTEN_DEEP = new RegExp(`"${DEEP}(list|object) (\\d+)"`);

/** Single faults by their names. Some make what is wrong only in some places; the contract is asked each time. */
export const BODY_FAULTS = {
  missing: (chance, sites) => {
    const fields = sites.filter(({ path, isRequired }) => isRequired && typeof path.at(-1) === 'string');
    const among = fields.length === 0 ? sites.filter(({ path }) => typeof path.at(-1) === 'string') : fields;
    if (among.length === 0) return undefined;
    return put(sites[0], chance.pick(among), undefined);
  },
  extra: (chance, sites) => {
    const site = chance.pick(sites.filter(({ value }) => isObject(value)));
    const known = Object.keys(site.schema.properties ?? {});
    const near = known.map((name) => name.toUpperCase());
    const name = chance.pick([...EXTRA_NAMES, ...near, ...near]);
    return put(sites[0], { path: [...site.path, name] }, chance.pick(OTHER_VALUES));
  },
  mistyped: (chance, sites) => put(sites[0], chance.pick(sites), chance.pick(OTHER_VALUES)),
  boundary: (chance, sites) => {
    const found = sites.map((site) => ({ site, values: atBounds(chance, site) }));
    const bounded = found.filter(({ values }) => values.length > 0);
    if (bounded.length === 0) return undefined;
    const { site, values } = chance.pick(bounded);
    return put(sites[0], site, chance.pick(values));
  },
  unicode: (chance, sites) => withText(chance, sites, chance.pick([...ODD_TEXTS, ...LONE_SURROGATES])),
  control: (chance, sites) => withText(chance, sites, chance.pick(CONTROLS)),
  huge: (chance, sites) => {
    const site = chance.pick(sites);
    const types = typesOf(site.schema);
    if (types.includes('integer') || types.includes('number'))
      return put(sites[0], site, rawNumber(chance.pick(NUMBERS)));
    if (Array.isArray(site.value)) return put(sites[0], site, stretched(site.value, HUGE_LIST));
    if (isObject(site.value)) {
      const many = Array.from({ length: HUGE_LIST }, (_, index) => [`extra_${index}`, index]);
      return put(sites[0], site, { ...site.value, ...Object.fromEntries(many) });
    }
    return put(sites[0], site, 'x'.repeat(HUGE_TEXT));
  },
  deep: (chance, sites) => {
    const depth = chance.pick(DEPTHS);
    const broken = put(sites[0], chance.pick(sites), `${DEEP}${chance.pick(['list', 'object'])} ${depth}`);
    return { ...broken, isTooDeep: depth > MAX_DEPTH };
  },
} satisfies Record<string, Fault>;

export type BodyFault = keyof typeof BODY_FAULTS;

/** A body as JSON. */
export function writeBody(body: unknown): string {
  return JSON.stringify(body).replace(WRITTEN_DEEP, (_, form: string, depth: string) =>
    form === 'list'
      ? '['.repeat(Number(depth)) + ']'.repeat(Number(depth))
      : `${'{"a":'.repeat(Number(depth))}1${'}'.repeat(Number(depth))}`,
  );
}

/** @returns undefined where there is nothing in this body to be wrong so */
export function breakBody(
  { chance, schema }: { readonly chance: Chance; readonly schema: Schema },
  fault: BodyFault,
  body: unknown,
): Broken | undefined {
  const make: Fault = BODY_FAULTS[fault];
  const sites = sitesOf(schema, body);
  const broken = make(chance, sites);
  if (broken === undefined) return undefined;
  const { path } = broken;
  const site = sites.find((each) => fieldAt(each.path) === fieldAt(path));
  // Of a field that only goes with others, and of a form that is not the first of several, what they stand in is wrong.
  const isInParent = fault === 'missing' && site?.isRequired === false;
  const wrong = site?.union ?? (isInParent ? path.slice(0, -1) : path);
  return { ...broken, field: fieldAt(wrong), value: valueAt(broken.body, path) };
}

function withText(chance: Chance, sites: readonly Site[], odd: string): Put | undefined {
  const texts = sites.filter(({ value }) => typeof value === 'string');
  if (texts.length === 0) return undefined;
  const site = chance.pick(texts);
  const text = String(site.value);
  const at = chance.below(text.length + 1);
  return put(sites[0], site, chance.pick([odd, `${text.slice(0, at)}${odd}${text.slice(at)}`]));
}

/** Values at the bounds of a schema, and one step inside and outside. */
function atBounds(chance: Chance, { schema, value }: Site): unknown[] {
  const around = (bound: number | undefined) => (bound === undefined ? [] : [bound - 1, bound, bound + 1]);
  const lengths = (least: number | undefined, most: number | undefined) =>
    [...around(least), ...around(most)].filter((length) => length >= 0);
  return [
    ...around(schema.minimum),
    ...around(schema.maximum),
    ...lengths(schema.minLength, schema.maxLength).map((length) => textOf(chance, length)),
    ...(Array.isArray(value)
      ? lengths(schema.minItems, schema.maxItems).map((length) => stretched(value, length))
      : []),
    ...(schema.enum ?? []).flatMap((word) => [word, `${String(word)} `, String(word).toUpperCase()]),
  ];
}

function stretched(list: readonly unknown[], length: number): unknown[] {
  return Array.from({ length }, (_, index) => list[index % Math.max(1, list.length)] ?? 'x');
}
