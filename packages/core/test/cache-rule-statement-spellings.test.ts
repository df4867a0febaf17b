import { describe, expect, test } from 'vitest';
import { normalizeStatement } from '../src/cache-rules/normalize-statement.ts';

async function textOf(sql: string): Promise<string> {
  return (await normalizeStatement(sql)).normalizedSql;
}

async function hashOf(sql: string): Promise<string> {
  return (await normalizeStatement(sql)).queryHash;
}

test.each([
  ["SELECT  Name\nFROM countries -- all\nWHERE code='CH' ;", 'select name from countries where code = $1'],
  ['VALUES (1), (2)', 'values($1), ($2)'],
  ['TABLE "My Table"', 'table "My Table"'],
  ['WITH x AS (SELECT 1) SELECT * FROM x', 'with x as (select $1) select * from x'],
  ['SELECT a . b,c.*FROM t AS "C"', 'select a.b, c.* from t as "C"'],
  ["SELECT'x'FROM t", 'select $1 from t'],
  ["SELECT 'a'\n'b', E'\\n', $$x$$, U&'x', b'1', x'F', N'n'", 'select $1, $2, $3, $4, $5, $6, n $7'],
  ['SELECT 1.5e3, 0x1F, 1_000, .5', 'select $1, $2, $3, $4'],
  ['SELECT - 1, -/* */2, a -3, a - -4, -a FROM t', 'select $1, $2, a - $3, a - $4, - a from t'],
  ['SELECT TRUE, NULL, a IS NULL, b IS TRUE FROM t', 'select $1, $2, a is null, b is true from t'],
  ['SELECT $2, $1, 5', 'select $1, $2, $3'],
  [
    'SELECT a::VARCHAR(10) FROM t GROUP BY 1 ORDER BY 1 DESC',
    'select a::varchar(10) from t group by 1 order by 1 desc',
  ],
  ["SELECT date '2026-01-01', interval '1' day", 'select date $1, interval $2 day'],
  ['SELECT a != 1, a <> 1 FROM t', 'select a <> $1, a <> $2 from t'],
  ['SELECT Ünï, "Ünï" FROM t', 'select Ünï, "Ünï" from t'],
  ['SELECT a[1:2], ARRAY[1] FROM t', 'select a[$1 : $2], array[$3] from t'],
  [
    "SELECT * FROM json_table('{}', '$.a' COLUMNS (x int PATH '$.b'))",
    'select * from json_table($1, $2 columns(x int path $3))',
  ],
])('%j becomes %j', async (sql, text) => {
  expect(await normalizeStatement(sql)).toMatchObject({ normalizedSql: text, queryType: 'read' });
});

test.each([
  'SELECT now(), CURRENT_TIMESTAMP, current_user, LOCALTIME(3)',
  'SELECT pg_catalog.lower(a), count(*), row_number() OVER () FROM t',
  "SELECT extract(year FROM a), trim(BOTH 'x' FROM b), substring(b FROM 1 FOR 2), a AT TIME ZONE 'UTC' FROM t",
  'SELECT * FROM generate_series(1, 10), LATERAL unnest(ARRAY[1]) WITH ORDINALITY',
  'WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT a + 1 FROM r) SELECT * FROM r',
  "SELECT xmlelement(name a, xmlattributes('x' AS b)), json_object('a': 1)",
  'SELECT a FROM t WHERE (a, b) OVERLAPS (c, d) AND e SIMILAR TO f AND g BETWEEN 1 AND 2',
  'SELECT a FROM t EXCEPT SELECT a FROM u INTERSECT TABLE v',
  'SELECT a FROM t GROUP BY GROUPING SETS ((a), ()) HAVING count(*) > 1 FETCH FIRST 3 ROWS ONLY',
  '(SELECT 1)',
])('what only reads is taken: %s', async (sql) => {
  expect(await hashOf(sql)).toMatch(/^[0-9a-f]{16}$/);
});

test('the hash is the fingerprint that other users of libpg_query compute', async () => {
  expect(await hashOf('SELECT 1')).toBe('50fde20626009aba');
  expect(await hashOf("SELECT name FROM countries WHERE code = 'CH'")).toBe('f2d9924396c7ca17');
});

describe('two tables are never one rule', () => {
  test.each([
    ['schemas', 'SELECT a FROM x.t', 'SELECT a FROM y.t'],
    ['a schema and none', 'SELECT a FROM t', 'SELECT a FROM x.t'],
    ['databases', 'SELECT a FROM p.x.t', 'SELECT a FROM q.x.t'],
    ['years', 'SELECT a FROM orders_2025', 'SELECT a FROM orders_2026'],
    ['numbers of one digit', 'SELECT a FROM t1', 'SELECT a FROM t2'],
    ['a name with digits and one without', 'SELECT a FROM t_10_', 'SELECT a FROM t__'],
    ['the sides of a join', 'SELECT 1 FROM x.t JOIN y.u ON true', 'SELECT 1 FROM y.t JOIN x.u ON true'],
    ['tables of a subquery', 'SELECT 1 WHERE EXISTS (TABLE x.t)', 'SELECT 1 WHERE EXISTS (TABLE y.t)'],
  ])('by their %s', async (_by, one, other) => {
    expect(await hashOf(one)).not.toBe(await hashOf(other));
  });

  test('and their spellings still are', async () => {
    expect(await hashOf('SELECT a FROM X.Orders_2025 WHERE b = 1')).toBe(
      await hashOf('select a from "x"."orders_2025" where b=2 -- c'),
    );
  });
});

test.each([
  ['SELECT a FROM t', 'SELECT b FROM t'],
  ['SELECT a FROM t', 'SELECT a FROM u'],
  ['SELECT a FROM t', 'SELECT DISTINCT a FROM t'],
  ['SELECT a FROM t', 'SELECT a FROM ONLY t'],
  ['SELECT a FROM t ORDER BY b', 'SELECT a FROM t ORDER BY b DESC'],
  ['SELECT a FROM t WHERE b = 1', 'SELECT a FROM t WHERE b > 1'],
  ['SELECT a FROM t WHERE b AND c', 'SELECT a FROM t WHERE b OR c'],
  ['SELECT a FROM t WHERE b LIKE c', 'SELECT a FROM t WHERE b NOT LIKE c'],
  ['SELECT a FROM t UNION TABLE u', 'SELECT a FROM t UNION ALL TABLE u'],
  ['SELECT a FROM t JOIN u USING (a)', 'SELECT a FROM t LEFT JOIN u USING (a)'],
  ['SELECT lower(a) FROM t', 'SELECT upper(a) FROM t'],
  ['SELECT "A" FROM t', 'SELECT A FROM t'],
])('%s and %s are two rules', async (one, other) => {
  expect(await hashOf(one)).not.toBe(await hashOf(other));
});

test.each([
  ['quotes that change nothing', 'SELECT "a" FROM "t"', 'SELECT A FROM T'],
  ['brackets', 'SELECT ((a)) FROM t', 'SELECT a FROM t'],
  ['names given to columns', 'SELECT a AS x FROM t', 'SELECT a y FROM t'],
  ['lengths of lists', 'SELECT a FROM t WHERE b IN (1)', 'SELECT a FROM t WHERE b IN (1, 2, 3)'],
  ['literals and parameters', 'SELECT a FROM t WHERE b = $1', 'SELECT a FROM t WHERE b = null'],
])('%s do not tell two rules apart', async (_what, one, other) => {
  expect(await hashOf(one)).toBe(await hashOf(other));
});

test('a word that is written into a literal stands nowhere in what is kept', async () => {
  const sql = `SELECT 'geheim', E'geheim', $$geheim$$, $geheim$x$geheim$, U&'geheim', 'a' /* geheim */ AS b -- geheim
    FROM t WHERE c = 'geheim' AND d LIKE '%geheim%' ESCAPE 'g' AND e = date 'geheim'`;
  expect(await textOf(sql)).not.toContain('geheim');
});
