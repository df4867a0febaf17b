import postgres from 'postgres';

/** So many rows are in memory at a time. */
const ROWS_AT_ONCE = 1000;

/**
 * All that PostgreSQL tells a superuser in a database, a row a line: those of all tables, the catalog and its statistics
 * included, and what each session asked for last. Not by COPY: its stream in postgres.js now and then leaves the
 * connection paused for good, when the last rows come apart from the end.
 */
export async function dumpDatabase(url: string, add: (rows: string) => void): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    // In the order of their names, so that two dumps can be compared; 'r' are tables and 'p' partitioned ones, which
    // are read by their partitions.
    const tables = await sql<{ schema: string; name: string }[]>`
      select relnamespace::regnamespace::text as schema, relname as name
      from pg_class where relkind = 'r' order by 1, 2`;
    for (const { schema, name } of [...tables, { schema: 'pg_catalog', name: 'pg_stat_activity' }]) {
      const rows = sql<{ line: string }[]>`
        select whole_row::text as line from ${sql(schema)}.${sql(name)} as whole_row`;
      for await (const some of rows.cursor(ROWS_AT_ONCE)) add(some.map(({ line }) => `${line}\n`).join(''));
    }
  } finally {
    await sql.end();
  }
}
