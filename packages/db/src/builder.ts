import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { DB } from './generated/database.ts';

/** A driver that has no connection: what it is asked to run has missed the tenant wall. */
class NoDriver extends DummyDriver {
  override acquireConnection(): never {
    throw new Error('queries are run by a store, which asks for the tenants: store.read(tenants, query)');
  }
}

/**
 * Builds queries and cannot run them. Only a {@link Store} can, and there is no way to hand it a query without saying
 * for which tenants: to forget the wall does not compile.
 */
export const query = new Kysely<DB>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new NoDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});
