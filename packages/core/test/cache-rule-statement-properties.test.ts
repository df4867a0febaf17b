import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalizeStatement } from '../src/cache-rules/normalize-statement.ts';
import { HeadgateError } from '../src/index.ts';

/** A word of a statement: a key word or a name without quotes, a literal, or what is written in one way only. */
type Word = { readonly word: string } | { readonly literal: true } | { readonly fixed: string };

const words = (text: string): Word[] => text.split(' ').map((word) => ({ word }));
const fixed = (text: string): Word[] => [{ fixed: text }];
const LITERAL: Word[] = [{ literal: true }];

const COLUMNS = ['name', 'code', 'created_at', 'total', '"Größe"', 'naïve'];
const TABLES = ['countries', 'orders_2025', 'shop.orders', '"Kunden"', 't1'];

const nameOf = (names: readonly string[]) =>
  fc.constantFrom(...names).map((name) => (name.startsWith('"') ? fixed(name) : words(name)));
const column = nameOf(COLUMNS);
const table = nameOf(TABLES);

const { select } = fc.letrec<{ expression: Word[]; select: Word[] }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    column,
    fc.constant(LITERAL),
    fc
      .tuple(tie('expression'), fc.constantFrom('+', '-', '=', '<>', '||', '->>'), tie('expression'))
      .map(([left, operator, right]) => [
        ...fixed('('),
        ...left,
        ...fixed(operator),
        ...right,
        ...fixed(')'),
      ]),
    fc
      .tuple(fc.constantFrom('lower', 'coalesce', 'pg_catalog.abs', 'max'), tie('expression'))
      .map(([name, argument]) => [...words(name), ...fixed('('), ...argument, ...fixed(')')]),
    fc
      .tuple(tie('expression'), tie('expression'))
      .map(([when, then]) => [...words('case when'), ...when, ...words('then'), ...then, ...words('end')]),
    tie('expression').map((inner) => [...fixed('('), ...inner, ...fixed(')'), ...words('is not null')]),
    fc
      .tuple(column, fc.integer({ min: 1, max: 3 }))
      .map(([left, count]) => [
        ...left,
        ...words('in'),
        ...fixed('('),
        ...Array.from({ length: count }, (_, index) => [...(index > 0 ? fixed(',') : []), ...LITERAL]).flat(),
        ...fixed(')'),
      ]),
    column.map((inner) => [
      ...words('cast'),
      ...fixed('('),
      ...inner,
      ...words('as varchar'),
      ...fixed('(10))'),
    ]),
    tie('select').map((inner) => [...words('exists'), ...fixed('('), ...inner, ...fixed(')')]),
  ),
  select: fc
    .record({
      distinct: fc.boolean(),
      what: tie('expression'),
      from: table,
      where: fc.option(tie('expression'), { nil: undefined }),
      order: fc.option(column, { nil: undefined }),
      limit: fc.boolean(),
    })
    .map(({ distinct, what, from, where, order, limit }) => [
      ...words(distinct ? 'select distinct' : 'select'),
      ...what,
      ...words('from'),
      ...from,
      ...(where === undefined ? [] : [...words('where'), ...where]),
      ...(order === undefined ? [] : [...words('order by'), ...order, ...words('desc')]),
      ...(limit ? [...words('limit'), ...LITERAL] : []),
    ]),
}));

const LITERALS = [
  ...["'x'", "'it''s'", "E'\\t\\''", '$$a $1 b$$', '$q$ -- $q$', "U&'\\00e4'", "'ü\u{1f600}'"],
  ...['0', '42', '-1', '- 7', '1.5', '.5e-3', '0xFF', '1_000', 'NULL', 'true', 'FALSE', '$1', '$7'],
];
const GAPS = [' ', '\n', '\t \r\n', ' /* x */ ', '/**/', ' -- x; \'"\n', '/* /* nested */ ; */', '  '];

/** How a statement is written down: a choice for each of its words, taken from the seed in turn. */
function spell(statement: readonly Word[], seed: readonly number[]): string {
  let next = 0;
  const choice = () => {
    next += 1;
    return seed[next % seed.length] ?? 0;
  };
  const pick = (from: readonly string[]) => from[choice() % from.length] ?? '';
  const written = statement.map((word) => {
    if ('fixed' in word) return word.fixed;
    if ('literal' in word) return pick(LITERALS);
    return Array.from(word.word)
      .map((letter) => (/[a-z]/.test(letter) && choice() % 2 === 0 ? letter.toUpperCase() : letter))
      .join('');
  });
  return `${pick(GAPS)}${written.map((word) => `${word}${pick(GAPS)}`).join('')}${choice() % 2 === 0 ? ';' : ''}`;
}

const seed = fc.array(fc.nat({ max: 1000 }), { minLength: 5, maxLength: 40 });
const RUNS = { numRuns: 300 };

test('every spelling of a statement has one hash and one normalized text', async () => {
  await fc.assert(
    fc.asyncProperty(select, seed, seed, async (statement, one, other) => {
      expect(await normalizeStatement(spell(statement, one))).toEqual(
        await normalizeStatement(spell(statement, other)),
      );
    }),
    RUNS,
  );
});

test('the normalized text is a spelling of the statement, and its own normalized text', async () => {
  await fc.assert(
    fc.asyncProperty(select, seed, async (statement, how) => {
      const normalized = await normalizeStatement(spell(statement, how));
      expect(await normalizeStatement(normalized.normalizedSql)).toEqual(normalized);
    }),
    RUNS,
  );
});

test('a statement with another column, table or function is another rule', async () => {
  const changeable = [
    ...COLUMNS,
    ...TABLES,
    'lower',
    'coalesce',
    'pg_catalog.abs',
    'max',
    'distinct',
    'desc',
  ];
  const others: Record<string, string> = {
    lower: 'upper',
    coalesce: 'greatest',
    'pg_catalog.abs': 'abs',
    max: 'min',
    distinct: 'all',
    desc: 'asc',
  };
  await fc.assert(
    fc.asyncProperty(select, seed, fc.nat(), async (statement, how, at) => {
      const places = statement.flatMap((word, index) => {
        const text = 'word' in word ? word.word : 'fixed' in word ? word.fixed : '';
        return changeable.includes(text) ? [{ index, text }] : [];
      });
      const place = places[at % places.length];
      if (place === undefined) throw new Error('a statement without a table');
      const other: Word = { word: others[place.text] ?? 'another_name' };
      const changed = statement.with(place.index, other);
      expect((await normalizeStatement(spell(changed, how))).queryHash).not.toBe(
        (await normalizeStatement(spell(statement, how))).queryHash,
      );
    }),
    RUNS,
  );
});

describe('whatever is sent, the answer is a statement or the refusal of the field', () => {
  async function holds(sql: string): Promise<void> {
    try {
      const statement = await normalizeStatement(sql);
      expect(statement.queryHash).toMatch(/^[0-9a-f]{16}$/);
    } catch (error) {
      expect(error).toBeInstanceOf(HeadgateError);
      expect(error).toMatchObject({ code: 'INVALID_INPUT', details: [{ field: 'sql' }] });
      expect((error as HeadgateError).message).not.toContain('geheim');
    }
  }

  test('for any text', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: fc.constantFrom(...Array.from(' \'"$();,.-*/\\:=[]e1xU&')), maxLength: 60 }),
    );
    await fc.assert(fc.asyncProperty(text, holds), { numRuns: 1000 });
  });

  test('for a statement that was broken somewhere, and no refusal quotes its literals', async () => {
    const literal: Word = { fixed: "'geheim'" };
    const broken = fc
      .tuple(
        select,
        seed,
        fc.nat(),
        fc.nat(),
        fc.constantFrom('', "'", '"', '$$', '/*', ')', '(', 'from', ';'),
      )
      .map(([statement, how, from, length, inserted]) => {
        const secret = statement.map((word) => ('literal' in word ? literal : word));
        const text = spell(secret, how);
        const at = from % text.length;
        return `${text.slice(0, at)}${inserted}${text.slice(at + (length % 3))}`;
      });
    await fc.assert(fc.asyncProperty(broken, holds), { numRuns: 500 });
  });
});
