import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
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

/** A statement that adds one row and nothing else. */
interface Insert extends Compilable {
  readonly table: keyof DB;
  readonly row: Readonly<Record<string, unknown>>;
}

/** The statement that adds a row. */
export function insert<T extends keyof DB>(table: T, row: Insertable<DB[T]>): Insert {
  const added = { table, row: row as Insert['row'] };
  return { ...added, compile: () => insertTogether([added]).compile() };
}

/** Whether a statement adds one row and nothing else, and so can be carried out together with others. */
export function isInsert(statement: Compilable): statement is Insert {
  return 'table' in statement && 'row' in statement;
}

type Added = Pick<Insert, 'table' | 'row'>;

const inserts = new Map<string, (...values: unknown[]) => Compilable>();

/**
 * One statement that adds all of these rows, or none: several of them cost each its own way to PostgreSQL and back,
 * which is more than adding a row costs. They are added in no order that could be told, and foreign keys are looked at
 * when all are there (PostgreSQL manual, section 7.8.4). Compiled once for each sequence of tables and sets of columns.
 */
export function insertTogether(rows: readonly Added[]): Compilable {
  const form = rows.map(({ table, row }) => `${table} ${Object.keys(row).join(' ')}`).join('; ');
  let statement = inserts.get(form);
  if (statement === undefined) {
    statement = prepare((...values: unknown[]) => buildInserts(rows, values));
    inserts.set(form, statement);
  }
  return statement(...rows.flatMap(({ row }) => Object.values(row)));
}

/** The last one is the statement itself, those before it stand in its WITH. */
function buildInserts(rows: readonly Added[], values: readonly unknown[]): Compilable {
  let taken = 0;
  const statements = rows.map(({ table, row }) => {
    const places = Object.keys(row).map((column) => [column, values[taken++]]);
    return query.insertInto(table).values(Object.fromEntries(places) as never);
  });
  const parts = statements.slice(0, -1).map((part, index) => sql`${sql.ref(`row_${index}`)} as (${part})`);
  const last = statements.at(-1);
  const whole = parts.length === 0 ? sql`${last}` : sql`with ${sql.join(parts)} ${last}`;
  return { compile: () => whole.compile(query) };
}
