import postgres, { type Sql } from 'postgres';
import type { Stand } from '../../stand/stand.ts';

/** Runs something as the superuser, beside the wire and before every wall, with a connection of its own. */
export async function asSuperuser<T>(
  { postgres: { url } }: Pick<Stand, 'postgres'>,
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  const sql = postgres(url(), { max: 1, onnotice: () => {}, connection: { search_path: 'headgate' } });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
