/**
 * Writes src/cache-rules/generated/built-in-functions.ts from the catalog of PostgreSQL, or with --check fails when it
 * is stale: whether a function may be cached is PostgreSQL's own word and nobody's memory.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { startTemporaryPostgres } from '@headgate/db/embedded';
import postgres from 'postgres';

/** Of a name that several functions share, one that is volatile is enough. */
const NAMES = `
  select p.proname as name, bool_or(p.provolatile = 'v') as volatile
  from pg_proc p
  where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind <> 'p'
  group by 1 order by 1`;
/** What can be called as `(argument).name`: with one argument that SQL can make, and others only by default. */
const ATTRIBUTES = `
  select distinct p.proname as name
  from pg_proc p
  where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind <> 'p' and p.provolatile = 'v'
    and p.pronargs >= 1 and p.pronargs - p.pronargdefaults <= 1
    and 'internal'::regtype <> all (p.proargtypes)
  order by 1`;
const OPERATORS = `
  select o.oprname as name, bool_or(p.provolatile = 'v') as volatile
  from pg_operator o join pg_proc p on p.oid = o.oprcode
  where o.oprnamespace = 'pg_catalog'::regnamespace
  group by 1 order by 1`;
/** A line of the file is no longer than the others of the house. */
const LINE_CHARS = 106;

interface Named {
  readonly name: string;
  readonly volatile: boolean;
}

const target = new URL('../src/cache-rules/generated/built-in-functions.ts', import.meta.url);
const generated = await generate();
if (!process.argv.includes('--check')) {
  await mkdir(new URL('.', target), { recursive: true });
  await writeFile(target, generated);
} else if ((await readFile(target, 'utf8').catch(() => '')) !== generated) {
  console.error(
    'packages/core/src/cache-rules/generated/built-in-functions.ts is not what PostgreSQL says. Run `pnpm generate`.',
  );
  process.exitCode = 1;
}

async function generate(): Promise<string> {
  const server = await startTemporaryPostgres();
  const sql = postgres(server.url(), { max: 1 });
  try {
    const functions = await sql.unsafe<Named[]>(NAMES);
    const attributes = await sql.unsafe<Pick<Named, 'name'>[]>(ATTRIBUTES);
    const operators = await sql.unsafe<Named[]>(OPERATORS);
    const [version] = await sql<{ major: number }[]>`
      select current_setting('server_version_num')::integer / 10000 as major
    `;
    if (operators.some(({ volatile }) => volatile)) throw new Error('PostgreSQL has a volatile operator');
    return [
      `// Generated from the catalog of PostgreSQL ${version?.major} by \`pnpm generate\`. Do not edit.`,
      '',
      ...constant('VOLATILE_FUNCTIONS', 'Volatile in at least one of their forms.', pick(functions, true)),
      ...constant('OTHER_FUNCTIONS', 'Stable or immutable in all of their forms.', pick(functions, false)),
      ...constant(
        'VOLATILE_ATTRIBUTES',
        'Volatile, and can be called with one argument, as an attribute of it.',
        attributes.map(({ name }) => name),
      ),
      ...constant('OPERATORS', 'None of them is volatile.', pick(operators, false)),
    ].join('\n');
  } finally {
    await sql.end();
    await server.stop();
  }
}

function pick(all: readonly Named[], volatile: boolean): string[] {
  return all.filter((each) => each.volatile === volatile).map(({ name }) => name);
}

/** One text for each list: thousands of strings would be made where only a few are ever asked for. */
function constant(name: string, comment: string, words: readonly string[]): string[] {
  return [`/** ${comment} */`, `export const ${name} = \``, ...wrapped(words), '`;', ''];
}

function wrapped(words: readonly string[]): string[] {
  const lines = [''];
  for (const word of words.map((each) => each.replaceAll('\\', '\\\\').replaceAll('`', '\\`'))) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length >= LINE_CHARS) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
