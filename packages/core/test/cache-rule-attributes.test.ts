import { createTestDatabase } from '@headgate/testing';
import postgres from 'postgres';
import { afterAll, expect, test } from 'vitest';
import { normalizeStatement } from '../src/cache-rules/normalize-statement.ts';

const database = await createTestDatabase();
const sql = postgres(database.url, { max: 1, onnotice: () => {} });
afterAll(async () => {
  await sql.end();
  await database.drop();
});

/** Whether PostgreSQL understands a statement. PREPARE looks up what a statement names and executes nothing. */
async function isUnderstood(statement: string): Promise<boolean> {
  return await sql.unsafe(`prepare p as ${statement}; deallocate p`).then(
    () => true,
    () => false,
  );
}

/** Each volatile function with the types of its arguments; for one of no type of its own, a row and an array. */
const candidates = await sql<{ name: string; type: string }[]>`
  select distinct p.proname as name, a.type
  from pg_proc p
  cross join lateral unnest(p.proargtypes::oid[]) given (oid)
  join pg_type t on t.oid = given.oid
  cross join lateral unnest(
    case when t.typtype = 'p' then array['pg_class', 'integer[]', 'text'] else array[format_type(t.oid, null)] end
  ) a (type)
  where p.pronamespace = 'pg_catalog'::regnamespace and p.provolatile = 'v'
  order by 1, 2`;

test.each([
  ['a value', ({ name, type }: Candidate) => `select (null::${type}).${name}`],
  ['a function in FROM', ({ name, type }: Candidate) => `select x.${name} from coalesce(null::${type}) x`],
  ['a table', ({ name }: Candidate) => `select x.${name} from pg_catalog.pg_class x`],
])('whatever volatile function PostgreSQL calls as an attribute of %s is refused', async (_of, build) => {
  const called: string[] = [];
  for (const each of candidates) {
    const statement = build(each);
    if (!(await isUnderstood(statement))) continue;
    called.push(each.name);
    await expect(normalizeStatement(statement), statement).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(`must not hold .${each.name},`) as string,
    });
  }
  expect(called).not.toEqual([]);
});

type Candidate = (typeof candidates)[number];

test('PostgreSQL really calls one', async () => {
  const statement = "select ('PG_VERSION'::text).pg_read_file as version";
  expect(await sql.unsafe(statement)).toEqual([{ version: '18\n' }]);
});
