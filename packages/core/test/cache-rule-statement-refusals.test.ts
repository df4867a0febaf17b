import { describe, expect, test } from 'vitest';
import { withParser } from '../src/cache-rules/parser.ts';
import { normalizeStatement } from '../src/cache-rules/normalize-statement.ts';
import { judgeStatement } from '../src/cache-rules/statement.ts';
import type { HeadgateError } from '../src/index.ts';

/** The refusal of a statement; fails when it is taken. */
async function refusalOf(sql: string): Promise<HeadgateError> {
  const error = await normalizeStatement(sql).then(
    ({ normalizedSql }) => expect.fail(`was taken: ${normalizedSql}`),
    (error: unknown) => error as HeadgateError,
  );
  expect(error).toMatchObject({ code: 'INVALID_INPUT', details: [{ field: 'sql' }] });
  return error;
}

test.each([
  ["INSERT INTO t VALUES ('x')", 'INSERT'],
  ['UPDATE t SET a = 1', 'UPDATE'],
  ['DELETE FROM t', 'DELETE'],
  ['MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE', 'MERGE'],
  ['WITH x AS (SELECT 1) DELETE FROM t', 'DELETE'],
  ['COPY t TO STDOUT', 'COPY'],
  ['COPY (SELECT 1) TO STDOUT', 'COPY'],
  ['CREATE TABLE t AS SELECT 1', 'CREATE'],
  ['DROP TABLE t', 'DROP'],
  ['ALTER TABLE t ADD a int', 'ALTER'],
  ['TRUNCATE t', 'TRUNCATE'],
  ['EXPLAIN SELECT 1', 'EXPLAIN'],
  ['EXPLAIN ANALYZE SELECT 1', 'EXPLAIN'],
  ['SET x = 1', 'SET'],
  ['SHOW all', 'SHOW'],
  ['BEGIN', 'BEGIN'],
  ['COMMIT', 'COMMIT'],
  ['DO $$ begin end $$', 'DO'],
  ['CALL f()', 'CALL'],
  ['PREPARE p AS SELECT 1', 'PREPARE'],
  ['EXECUTE p', 'EXECUTE'],
  ['DECLARE c CURSOR FOR SELECT 1', 'DECLARE'],
  ['FETCH c', 'FETCH'],
  ['VACUUM', 'VACUUM'],
  ['LISTEN c', 'LISTEN'],
  ['NOTIFY c', 'NOTIFY'],
  ['LOCK t', 'LOCK'],
  ['REFRESH MATERIALIZED VIEW v', 'REFRESH'],
])('%s is refused by the name of what it is', async (sql, name) => {
  expect((await refusalOf(sql)).message).toMatch(new RegExp(`reads .* and this is ${name}\\.$`));
});

test.each([
  ['WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x', 'DELETE'],
  ['SELECT * FROM (WITH x AS (INSERT INTO t VALUES (1) RETURNING a) SELECT a FROM x) y', 'INSERT'],
  ['WITH x AS (WITH y AS (UPDATE t SET a = 1 RETURNING a) SELECT a FROM y) SELECT a FROM x', 'UPDATE'],
  ['VALUES ((WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x))', 'DELETE'],
])('%s is refused for what it does in WITH', async (sql, name) => {
  expect((await refusalOf(sql)).message).toContain(`holds ${name} inside of WITH`);
});

test.each([
  'SELECT a INTO b FROM t',
  'SELECT a INTO TEMP b FROM t',
  'SELECT a INTO b FROM t UNION SELECT a FROM u',
])('%s is refused: it makes a table', async (sql) => {
  expect((await refusalOf(sql)).message).toContain('SELECT … INTO');
});

test.each([
  'SELECT a FROM t FOR UPDATE',
  'SELECT a FROM t FOR NO KEY UPDATE',
  'SELECT a FROM t FOR SHARE',
  'SELECT a FROM t FOR KEY SHARE SKIP LOCKED',
  'SELECT a FROM (SELECT a FROM t FOR SHARE) x',
  'SELECT a FROM t WHERE a IN (SELECT a FROM u FOR UPDATE OF u NOWAIT)',
])('%s is refused: it locks rows', async (sql) => {
  expect((await refusalOf(sql)).message).toContain('must not lock rows');
});

test.each([
  ['random()', 'SELECT random()'],
  ['pg_catalog.random()', 'SELECT pg_catalog.random()'],
  ['random()', 'SELECT "random"()'],
  ['random()', 'SELECT a FROM t ORDER BY random()'],
  ['nextval()', "SELECT nextval('s')"],
  ['currval()', "VALUES (currval('s'))"],
  ['lastval()', 'SELECT a FROM t LIMIT lastval()'],
  ['setval()', "SELECT setval('s', 1)"],
  ['pg_sleep()', 'SELECT a FROM t, pg_sleep(10)'],
  ['pg_advisory_lock()', 'SELECT a FROM t WHERE pg_advisory_lock(1) IS NULL'],
  ['gen_random_uuid()', 'SELECT * FROM unnest(ARRAY[gen_random_uuid()])'],
  ['clock_timestamp()', 'SELECT count(*) FILTER (WHERE clock_timestamp() > a) FROM t'],
  ['set_config()', "WITH x AS (SELECT set_config('a', 'b', true)) SELECT 1"],
  ['pg_notify()', "SELECT CASE WHEN a THEN pg_notify('c', 'p') END FROM t"],
  ['pg_terminate_backend()', 'SELECT pg_terminate_backend(1)'],
  ['lo_import()', "SELECT lo_import('/etc/passwd')"],
  ['timeofday()', 'SELECT a IN (timeofday()) FROM t'],
  ['setseed()', 'SELECT sum(a) OVER (PARTITION BY setseed(1)) FROM t'],
  ['uuidv7()', 'SELECT uuidv7()'],
])('the volatile %s is refused by its name: %s', async (name, sql) => {
  expect((await refusalOf(sql)).message).toContain(`must not call ${name}, which is volatile`);
});

test.each([
  ['my_function()', 'SELECT my_function(a) FROM t'],
  ['public.lower()', 'SELECT public.lower(a) FROM t'],
  ['dblink()', "SELECT * FROM dblink('host=x', 'select 1') AS t (a int)"],
  ['information_schema._pg_truetypid()', 'SELECT information_schema._pg_truetypid(a) FROM t'],
])("%s is not PostgreSQL's own, and is refused with the reason", async (name, sql) => {
  const { message } = await refusalOf(sql);
  expect(message).toContain(`must not call ${name}: it is not one of PostgreSQL's own functions`);
  expect(message).toContain('CREATE FUNCTION');
});

test.each([
  ['<=>', 'SELECT a <=> b FROM t'],
  ['public.=', 'SELECT a OPERATOR(public.=) b FROM t'],
  ['<=>', 'SELECT a <=> ANY (ARRAY[b]) FROM t'],
  ['<=>', 'SELECT a <=> ALL (SELECT b FROM u) FROM t'],
  ['<=>', 'SELECT a FROM t ORDER BY a USING <=>'],
])('the operator %s is another way to call a function: %s', async (name, sql) => {
  expect((await refusalOf(sql)).message).toContain(`must not use the operator ${name}:`);
});

test.each([
  ['nextval', "SELECT ('s'::regclass).nextval"],
  ['pg_sleep', 'SELECT (0.01::float8).pg_sleep'],
  ['pg_terminate_backend', 'SELECT (123).pg_terminate_backend'],
  ['pg_advisory_lock', 'SELECT a FROM t WHERE (1).pg_advisory_lock IS NULL'],
  ['lo_unlink', 'SELECT (12::oid).lo_unlink'],
  ['pg_read_file', "SELECT ('PG_VERSION'::text).pg_read_file"],
  ['pg_read_file', "SELECT ('PG_VERSION'::text).PG_Read_File"],
  ['nextval', 'SELECT $1."nextval"'],
  ['nextval', 'SELECT (a.b).c.nextval FROM a'],
  ['nextval', 'SELECT a.b[1].nextval FROM a'],
  ['nextval', 'SELECT (SELECT a FROM t).nextval'],
  ['pg_stat_file', 'SELECT (a).pg_stat_file.size FROM t'],
  ['pg_stat_file', 'SELECT (a).pg_stat_file.* FROM t'],
  ['pg_sleep', 'SELECT x.pg_sleep FROM generate_series(1, 1) x'],
  ['pg_sleep', 'SELECT 1 FROM generate_series(1, 1) x ORDER BY x.pg_sleep'],
  ['pg_sleep', 'SELECT public.t.pg_sleep FROM public.t'],
  ['pg_sleep', 'SELECT mydb.public.t.pg_sleep FROM public.t'],
])('attribute notation is another way to call the volatile %s(): %s', async (name, sql) => {
  const { message } = await refusalOf(sql);
  expect(message).toContain(`must not hold .${name}, which is another way to call ${name}()`);
});

test.each([
  'SELECT (a).my_field, (a).random, t.random, t.timeofday FROM t',
  'SELECT (a).b.c, (a).*, t.*, (a[1]).b FROM t',
  'SELECT nextval, pg_sleep FROM t',
  'SELECT nextval.a, nextval.* FROM nextval',
  'SELECT a AS nextval FROM t AS pg_sleep',
])('what is no call of a volatile function in attribute notation is taken: %s', async (sql) => {
  expect((await normalizeStatement(sql)).queryHash).toMatch(/^[0-9a-f]{16}$/);
});

test('a name of very many parts does not make a refusal long', async () => {
  const { message } = await refusalOf(`SELECT ${'a.'.repeat(4000)}${'f'.repeat(100)}()`);
  expect(message).toContain(`must not call a.a.${'f'.repeat(63)}()`);
  expect(message.length).toBeLessThan(500);
});

test('TABLESAMPLE picks rows by chance, and with REPEATABLE as many ways as there are seeds', async () => {
  for (const sql of [
    'SELECT a FROM t TABLESAMPLE bernoulli (10)',
    'SELECT a FROM (SELECT a FROM t TABLESAMPLE system (1) REPEATABLE (3)) x',
  ])
    expect((await refusalOf(sql)).message).toContain('TABLESAMPLE');
});

test.each(['', ' ', ';', ';;', '-- only a comment', '/* a /* nested */ comment */', '\n\t'])(
  'what holds no statement is refused: %j',
  async (sql) => {
    expect((await refusalOf(sql)).message).toContain('must hold a statement');
  },
);

test('of several statements none is taken', async () => {
  expect((await refusalOf('SELECT 1; SELECT 2')).message).toContain('holds 2');
  expect((await refusalOf('SELECT 1; DELETE FROM t')).message).toContain('holds 2');
});

describe('what is no SQL', () => {
  test.each([
    ['selec a', 'syntax error at line 1, column 1'],
    ['SELECT a\nFROM t\nWHERE', 'syntax error at end of input at line 3, column 6'],
    ["SELECT 'ü', 'é' frm x y", 'syntax error at line 1, column 21'],
    ["SELECT '\u{1f600}' from from", 'syntax error at line 1, column 17'],
    ["SELECT 'open", 'unterminated quoted string at line 1, column 8'],
    ['SELECT "open', 'unterminated quoted identifier at line 1, column 8'],
    ['SELECT $tag$ open', 'unterminated dollar-quoted string at line 1, column 8'],
    ['SELECT /* open', 'unterminated /* comment at line 1, column 8'],
    ['SELECT 1a', 'trailing junk after numeric literal at line 1, column 8'],
    ['SELECT a.b.c.d.e FROM a.b.c.d', 'improper qualified name at line 1, column 23'],
  ])('%j is refused with what the parser says and where', async (sql, words) => {
    expect((await refusalOf(sql)).message).toBe(`sql is not valid SQL: ${words}.`);
  });

  test('no literal is quoted, whatever the parser says of it', async () => {
    for (const sql of [
      "SELECT 'secret",
      "SELECT 1 'secret'",
      'SELECT $$secret',
      "SELECT a FROM t LIMIT 1 OFFSET 'x' 'secret'",
      'SELECT 12secret',
      "SELECT U&'\\secret'",
      'SELECT "secret',
      'SELECT a.secret.c.d.e FROM a.secret.c.d',
    ]) {
      const { message, details } = await refusalOf(sql);
      expect(JSON.stringify([message, details])).not.toContain('secret');
    }
  });
});

async function isTaken(sql: string): Promise<boolean> {
  return await normalizeStatement(sql).then(
    () => true,
    () => false,
  );
}

describe('what is nested without end', () => {
  const nested =
    (before: string, middle: string, after = '') =>
    (times: number) =>
      `SELECT ${before.repeat(times)}${middle}${after.repeat(times)}`;

  test.each([
    ['functions', nested('lower(', 'a', ')'), 1600],
    ['subqueries', nested('(SELECT ', 'a', ')'), 5000],
    ['signs', nested('- ', 'a'), 4990],
    ['sums', nested('', 'a', '+a'), 4990],
    ['casts', nested('', 'a', '::int'), 1990],
    ['brackets without end', nested('(', 'a'), 9990],
    ['arrays', nested('ARRAY[', 'a', ']'), 1400],
    ['conditions', nested('CASE WHEN a THEN ', 'a', ' END'), 470],
    ['unions', nested('1 UNION SELECT ', 'a'), 600],
    ['joins', nested('a FROM t', '', ' JOIN t ON a'), 700],
  ])('%s are refused, and the next statement is served', async (_name, build, times) => {
    expect((await refusalOf(build(times))).message).toMatch(/nested too deeply|not valid SQL/);
    expect((await normalizeStatement('select a')).normalizedSql).toBe('select a');
  });

  test('brackets that mean nothing nest nothing', async () => {
    const sql = nested('(', 'a', ')')(4990);
    expect((await normalizeStatement(sql)).queryHash).toBe((await normalizeStatement('select a')).queryHash);
  });

  test('a parser that ran out of stack is replaced, also for those who wait for it', async () => {
    const tooMuch = nested('', 'a', '::int')(200_000);
    const before = await withParser((parser) => parser);
    const given = Array.from(
      { length: 6 },
      async (_, index) => await judgeStatement(index % 2 === 0 ? tooMuch : `select a${index}`),
    );
    const [refused, taken] = await Promise.all(given);
    expect(refused).toMatchObject({ refused: expect.stringContaining('nested too deeply') as string });
    expect(taken).toHaveProperty('statement');
    expect(await withParser((parser) => parser)).not.toBe(before);
    expect(await withParser((parser) => parser.fingerprint('select 1'))).toMatch(/^[0-9a-f]{16}$/);
  });

  test.each([
    ['functions', nested('lower(', '§', ')')],
    ['subqueries', nested('(SELECT ', '§', ')')],
    ['derived tables', nested('* FROM (SELECT ', '§', ') x')],
    ['conditions', nested('CASE WHEN a THEN ', '§', ' END')],
    ['sums', nested('', '§', '+a')],
    ['joins', (times: number) => `SELECT a FROM §${' JOIN t ON a'.repeat(times)}`],
    ['unions', nested('', '§', ' UNION SELECT a')],
    ['arrays', nested('ARRAY[', '§', ']')],
    ['windows', nested('count(*) OVER (ORDER BY ', '§', ')')],
    ['lists', nested('a IN (b, ', '§', ')')],
    ['filters', nested('count(*) FILTER (WHERE ', '§', ')')],
    ['JSON', nested('json_array(', '§', ')')],
    ['subscripts', nested('a[', '§', ']')],
    ['limits', (times: number) => `SELECT a LIMIT ${'(SELECT a LIMIT '.repeat(times)}§${')'.repeat(times)}`],
  ])('however deep in %s a name differs, the hash differs as long as it is taken', async (_name, build) => {
    const spell = (times: number, name: string) => build(times).replace('§', name);
    let deepest = 0;
    while (deepest < 199 && (await isTaken(spell(deepest + 1, 'p')))) deepest += 1;
    const [one, other] = await Promise.all(
      ['p', 'q'].map((name) => normalizeStatement(spell(deepest, name))),
    );
    expect(one?.queryHash).not.toBe(other?.queryHash);
    expect(deepest).toBeGreaterThan(10);
    expect(deepest).toBeLessThan(199);
  });
});
