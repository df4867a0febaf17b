/** What servers do that answer an introspection and mean harm: to the memory, the time or the sense of it. */
import { describe, expect, test } from 'vitest';
import { toldBy } from './introspect-support.ts';
import { catalogOf, honest, manyOf, rowOf, snapshotOf, type Answers } from './introspect-hostile-support.ts';
import { bytes, columns } from './wire-fakes.ts';
import { bytesWritten, stopsServers } from './wire-hostile-support.ts';

stopsServers();

/** What a server gets rid of before it hears that nobody reads: a few MiB are in the buffers between. */
const FEW_BYTES = 32 * 1024 * 1024;
const NONSENSE = { step: 'server', code: 'protocol_error' };
const ONE = { schemas: [honest.schema()], relations: [honest.relation()] };

const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
/** Names in their order. */
const named = (index: number, begin = 'n') => `${begin}${String(index).padStart(6, '0')}`;

const CHEAP_ROWS: [string, string[], (string | null)[]][] = [
  ['without columns', [], []],
  ['of an empty text', ['oid'], ['']],
  ['of 1,664 nulls', many(1664, (index) => `c${index}`), many(1664, () => null)],
];
const endless = (names: readonly string[], values: readonly (string | null)[]) => ({
  endlessly: bytes(columns(...names), manyOf(rowOf(values))),
});

describe('rows without end, which cost the server nothing', () => {
  test.each(CHEAP_ROWS)('%s, in answer to the first statement', async (_, names, values) => {
    const begin = endless(names, values);
    await expect(snapshotOf({ begin })).rejects.toMatchObject({ step: 'server', code: 'too_much' });
    await expect(catalogOf({ begin })).rejects.toMatchObject({ step: 'server', code: 'too_much' });
    expect(bytesWritten()).toBeLessThan(2 * FEW_BYTES);
  });

  test.each(CHEAP_ROWS)('%s, in answer to a question', async (_, names, values) => {
    const said = endless(names, values);
    await expect(snapshotOf({ schemas: said })).rejects.toMatchObject(NONSENSE);
    await expect(catalogOf({ catalog: said })).rejects.toMatchObject(NONSENSE);
    await expect(snapshotOf({ ...ONE, indexes: said })).rejects.toMatchObject(NONSENSE);
    expect(bytesWritten()).toBeLessThan(3 * FEW_BYTES);
  });

  test.each<[keyof Answers, object]>([
    ['schemas', honest.schema()],
    ['types', honest.type()],
    ['relations', honest.relation()],
    ['columns', honest.column()],
    ['definitions', honest.definition()],
  ])('that say nothing, where there can be only so many: %s', async (question, row) => {
    const said = endless(
      Object.keys(row),
      many(Object.keys(row).length, () => null),
    );
    await expect(snapshotOf({ ...ONE, [question]: said })).rejects.toMatchObject(NONSENSE);
    expect(bytesWritten()).toBeLessThan(FEW_BYTES);
  });

  test.each<[keyof Answers, object]>([
    ['constraints', honest.constraint()],
    ['indexes', honest.index()],
  ])('that say nothing, where no number bounds them: %s', async (question, row) => {
    const said = endless(
      Object.keys(row),
      many(Object.keys(row).length, () => null),
    );
    const { truncated, skipped } = await snapshotOf({ ...ONE, [question]: said });
    expect(truncated).toBe(true);
    expect(skipped).toEqual([
      {
        ...{ part: 'relations', what: 'relations behind the first 0 of 1' },
        reason: 'The server sent more than is read.',
      },
    ]);
    expect(bytesWritten()).toBeLessThan(FEW_BYTES);
  });
});

describe('what no catalog holds is refused, before time is spent on it', () => {
  const LONG = 'n'.repeat(256);
  const relation = honest.relation();

  test.each<[string, Answers]>([
    ['schemas that are not in their order', { schemas: [honest.schema({ name: 'b' }), honest.schema()] }],
    ['a schema that is there twice', { schemas: [honest.schema(), honest.schema()] }],
    ['types that are not in their order', { types: [honest.type({ name: 'z' }), honest.type()] }],
    ['relations that are not in their order', { relations: [honest.relation({ name: 'z' }), relation] }],
    ['a relation that is there twice', { relations: [relation, relation] }],
    ['a schema of no name', { schemas: [honest.schema({ name: null })] }],
    ['a long name of a schema', { schemas: [honest.schema({ name: LONG })] }],
    ['a long name of a type', { types: [honest.type({ name: LONG })] }],
    ['a long name of a relation', { relations: [honest.relation({ name: LONG })] }],
    ['a long name of a column', { columns: [honest.column({ name: LONG })] }],
    ['a long name of a constraint', { constraints: [honest.constraint({ name: LONG })] }],
    ['a long name of an index', { indexes: [honest.index({ name: LONG })] }],
    ['an OID that is none', { relations: [honest.relation({ oid: '2}' })] }],
    ['more columns than a relation is said to have', { columns: [honest.column(), honest.column()] }],
    ['more columns than a relation can have', { relations: [honest.relation({ columns: '1601' })] }],
    ['a negative count of columns', { relations: [honest.relation({ columns: '-1' })] }],
    ['a version that is none', { begin: [{ version: 'x', number: 'NaN', block_size: '8192' }] }],
    ['no version', { begin: [] }],
  ])('%s', async (_, answers) => {
    await expect(snapshotOf({ ...ONE, ...answers })).rejects.toMatchObject(NONSENSE);
  });

  test('also in the short form: a long name, and more columns than a relation can have', async () => {
    const long = [honest.catalog({ column: LONG })];
    await expect(catalogOf({ catalog: long })).rejects.toMatchObject(NONSENSE);
    const wide = many(1601, (index) => honest.catalog({ column: named(index) }));
    await expect(catalogOf({ catalog: wide })).rejects.toMatchObject(NONSENSE);
    expect(await catalogOf({ catalog: wide.slice(1) })).toMatchObject({ columnCount: 1600 });
  });

  test('tens of thousands of relations whose names begin alike are all there, in the order of the server', async () => {
    const begin = 'z'.repeat(240);
    const relations = many(29_000, (index) =>
      honest.relation({ oid: `${index}`, name: named(index, begin) }),
    );
    const snapshot = await snapshotOf({ ...ONE, relations });
    expect(snapshot).toMatchObject({ truncated: false, counts: { relations: 29_000 } });
    await expect(snapshotOf({ ...ONE, relations: relations.toReversed() })).rejects.toMatchObject(NONSENSE);
  });
});

describe('of which there is too much for one line is left out and told', () => {
  const relations = [honest.relation(), honest.relation({ oid: '3', name: 's' })];

  test.each<[string, Answers, string]>([
    [
      'constraints',
      { constraints: many(2001, (index) => honest.constraint({ name: named(index) })) },
      'it has more than 2000 constraints',
    ],
    [
      'indexes',
      { indexes: many(2001, (index) => honest.index({ name: named(index) })) },
      'it has more than 2000 indexes',
    ],
    [
      'text',
      {
        constraints: many(21, (index) =>
          honest.constraint({ name: named(index), definition: 'x'.repeat(1e5) }),
        ),
      },
      'it takes more than 2 MiB to tell of it',
    ],
    [
      'control characters',
      {
        constraints: many(4, (index) =>
          honest.constraint({ name: named(index), definition: '\x01'.repeat(1e5) }),
        ),
      },
      'it takes more than 2 MiB to tell of it',
    ],
    [
      'text of one thing',
      { definitions: [honest.definition({ partition_key: 'x'.repeat(200_001) })] },
      'it takes more than 2 MiB to tell of it',
    ],
  ])('%s', async (_, answers, reason) => {
    const snapshot = await snapshotOf({ ...ONE, relations, ...answers });
    expect(snapshot).toMatchObject({ truncated: true, skipped: [{ what: 'a.r', reason }] });
    expect((await toldBy(snapshot)).map(({ name }) => name)).toEqual(['a', 's']);
  });

  test('in the short form', async () => {
    const wide = (oid: string, name: string) =>
      many(1600, (index) => honest.catalog({ oid, name, column: named(index), data_type: 'x'.repeat(2000) }));
    const catalog = await catalogOf({ catalog: [...wide('2', 'r'), ...wide('3', 's')] });
    expect(catalog).toMatchObject({ truncated: true, columnCount: 1600, relations: [{ name: 'r' }] });
  });
});

describe('what a server writes as JSON', () => {
  const DEEP = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const NO_LISTS = [
    '{oops',
    DEEP,
    '5',
    'null',
    '"x"',
    '{}',
    '[1]',
    '[null]',
    '[["x"]]',
    `["${'n'.repeat(256)}"]`,
  ];
  const NO_OBJECTS = [
    ...['{oops', DEEP, `[${DEEP}]`, '5', 'null', '["x"]', '[null]', '[[]]', '[{}]'],
    ...['[{"name":"x"}]', '[{"name":"x","data_type":"y","more":1}]', '[{"name":1,"data_type":"y"}]'],
    ...[`[{"name":"x","data_type":${DEEP}}]`, '[{"__proto__":{"name":"x"},"data_type":"y"}]'],
  ];
  const titled = (texts: readonly string[]) => texts.map((json) => [json.slice(0, 50), json] as const);
  const foreign = honest.constraint({ kind: 'f', referenced_schema: 'a', referenced_name: 'r' });

  test.each(titled(NO_LISTS))('is no list of names: %s', async (_, json) => {
    for (const answers of [
      { types: [honest.type({ labels: json })] },
      { constraints: [honest.constraint({ columns: json })] },
      { constraints: [{ ...foreign, referenced_columns: json }] },
    ]) {
      await expect(snapshotOf({ ...ONE, ...answers })).rejects.toMatchObject(NONSENSE);
    }
  });

  test.each(titled(NO_OBJECTS))('is no list of what was asked for: %s', async (_, json) => {
    for (const answers of [
      { types: [honest.type({ kind: 'c', attributes: json })] },
      { types: [honest.type({ kind: 'd', constraints: json })] },
      { definitions: [honest.definition({ parents: json })] },
    ]) {
      await expect(snapshotOf({ ...ONE, ...answers })).rejects.toMatchObject(NONSENSE);
    }
  });
});

describe('words that every object knows', () => {
  const WORDS = ['constructor', '__proto__', 'toString'];

  test.each(WORDS)('%s is no kind that is known', async (word) => {
    const catalog = await catalogOf({ catalog: [honest.catalog({ kind: word })] });
    expect(catalog.relations).toMatchObject([{ name: 'r', kind: 'other' }]);
    const snapshot = await snapshotOf({
      ...{ ...ONE, types: [honest.type({ kind: word })], relations: [honest.relation({ kind: word })] },
      columns: [honest.column({ type_kind: word, identity: word })],
    });
    const [, type, relation] = await toldBy(snapshot);
    expect(type).toMatchObject({ name: 't', kind: word });
    expect(relation).toMatchObject({ kind: word, columns: [{ type_kind: word, identity: word }] });
  });

  test.each(WORDS)('%s is the name of something like any other', async (word) => {
    const snapshot = await snapshotOf({
      schemas: [honest.schema({ name: word })],
      relations: [honest.relation({ schema: word, name: word })],
      columns: [honest.column({ name: word })],
    });
    expect(await toldBy(snapshot)).toMatchObject([
      { section: 'schema', name: word },
      { schema: word, name: word, columns: [{ name: word }] },
    ]);
  });
});
