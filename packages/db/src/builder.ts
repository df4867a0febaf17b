import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type Compilable,
  type CompiledQuery,
  type Insertable,
} from 'kysely';
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

/**
 * A query that is built and compiled once, at its first call, and from then on only given its values. Building one
 * anew took a tenth of the time of a read. The arguments may stand in the query as values and in no other way.
 */
export function prepare<A extends unknown[], T>(
  build: (...values: A) => Compilable<T>,
): (...values: A) => Compilable<T> {
  let prepared: { readonly compiled: CompiledQuery<T>; readonly slots: readonly number[] } | undefined;
  return (...values) => {
    if (prepared === undefined) {
      const places = values.map(() => ({}));
      const compiled = build(...(places as A)).compile();
      prepared = {
        compiled,
        slots: compiled.parameters.map((parameter) => places.indexOf(parameter as object)),
      };
    }
    const { compiled, slots } = prepared;
    const parameters = slots.map((slot, index) => (slot === -1 ? compiled.parameters[index] : values[slot]));
    return { compile: () => ({ ...compiled, parameters }) };
  };
}

const inserts = new Map<string, (...values: unknown[]) => Compilable>();

/** The statement that adds a row, compiled once for each table and set of columns. */
export function insert<T extends keyof DB>(table: T, row: Insertable<DB[T]>): Compilable {
  const columns = Object.keys(row);
  const form = `${table} ${columns.join(' ')}`;
  let statement = inserts.get(form);
  if (statement === undefined) {
    statement = prepare((...values: unknown[]) =>
      query
        .insertInto(table)
        .values(
          Object.fromEntries(columns.map((column, index) => [column, values[index]])) as Insertable<DB[T]>,
        ),
    );
    inserts.set(form, statement);
  }
  return statement(...Object.values(row));
}
