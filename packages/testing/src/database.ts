import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the test server's maintenance database. */
    postgresUrl: string;
    /** Where the test server's files lie, for tests that look for what must not stand in them. */
    postgresFiles: string;
  }
}

/** The migrated database that tests clone. Nothing connects to it, since PostgreSQL clones only what is at rest. */
export const TEMPLATE_DATABASE = 'headgate_template';

export interface TestDatabase {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

/** A database of the test's own, migrated, or empty when the test is about migrating. */
export async function createTestDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const serverUrl = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const template = empty ? 'template0' : TEMPLATE_DATABASE;
  await onServer(serverUrl, (sql) => sql`create database ${sql(name)} template ${sql(template)}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => await onServer(serverUrl, (sql) => sql`drop database ${sql(name)} with (force)`),
  };
}

async function onServer(url: string, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}
