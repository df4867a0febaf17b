/** How much room tables and indexes take up, and the services memory. */
import postgres from 'postgres';
import type { Filled } from './service.ts';

/** One table of one service. */
export interface TableSize {
  readonly table: string;
  readonly rows: number;
  readonly tableBytes: number;
  readonly indexBytes: number;
}

/** What one service takes up. */
export interface Sizes {
  readonly tables: readonly TableSize[];
  /** The most memory that its process has held. */
  readonly peakMemoryBytes: number;
}

export async function measureSizes(services: readonly Filled[]): Promise<Sizes[]> {
  const sizes: Sizes[] = [];
  for (const { databaseUrl, server } of services) {
    sizes.push({
      tables: await sizesOfTables(databaseUrl),
      peakMemoryBytes: await server.peakMemoryBytes(),
    });
  }
  return sizes;
}

async function sizesOfTables(url: string): Promise<TableSize[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    // The number of rows is an estimate, which has to be a fresh one.
    await sql`vacuum analyze`;
    const rows = await sql<{ table: string; rows: number; table_bytes: string; index_bytes: string }[]>`
      select relname as table, reltuples::integer as rows,
        pg_table_size(pg_class.oid) as table_bytes, pg_indexes_size(pg_class.oid) as index_bytes
      from pg_class where relnamespace = 'headgate'::regnamespace and relkind = 'r' and reltuples > 0
    `;
    return rows.map((row) => ({
      ...{ table: row.table, rows: row.rows },
      ...{ tableBytes: Number(row.table_bytes), indexBytes: Number(row.index_bytes) },
    }));
  } finally {
    await sql.end();
  }
}
