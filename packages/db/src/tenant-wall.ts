import type { Compilable } from 'kysely';
import type { Sql, TransactionSql } from 'postgres';
import { TransactionOverError } from './failures.ts';

/** The organizations that a statement acts for. */
export type Tenants = readonly string[];

/** A transaction behind the wall. Statements started together travel together; they run in the order given. */
export interface TenantTransaction {
  run<T>(query: Compilable<T>): Promise<T[]>;
}

/**
 * Runs one read for these tenants. The tenants travel in the same statement as the query: a transaction around it, or
 * a statement before it, would cost more than the query.
 *
 * The setting is local to the statement's own transaction and gone with it, so that a connection never carries one
 * tenant over to the next. That it is set before a row is looked at follows from the form: the query stands in a
 * lateral subquery that depends on the setting and cannot be flattened (`offset 0`). Were it not set, the wall would
 * show nothing, not everything. The nested loop over the one row of the setting keeps the query's order.
 */
export async function readBehindWall<T>(sql: Sql, tenants: Tenants, query: Compilable<T>): Promise<T[]> {
  return await readUnder(sql, { setting: 'headgate.tenants', value: toArrayLiteral(tenants) }, query);
}

/**
 * Runs one read for whoever presents an API key, of whom it is not known yet whose tenant it is. The wall shows the
 * row of that key and no other row of any table.
 */
export async function readAsBearer<T>(sql: Sql, keyHash: string, query: Compilable<T>): Promise<T[]> {
  return await readUnder(sql, { setting: 'headgate.presented_key', value: keyHash }, query);
}

interface Under {
  readonly setting: 'headgate.tenants' | 'headgate.presented_key';
  readonly value: string;
}

async function readUnder<T>(sql: Sql, { setting, value }: Under, query: Compilable<T>): Promise<T[]> {
  const compiled = query.compile();
  const statement = wrapped(setting, compiled.sql, compiled.parameters.length + 1);
  return await execute<T>(sql, statement, [...compiled.parameters, value]);
}

/**
 * The same text each time, so that neither it nor the driver's look-up by it is made anew for every read. By the text of
 * the query itself: of a text that is put together first, all would be looked at each time to find it.
 */
const wrappedTexts = {
  'headgate.tenants': new Map<string, string>(),
  'headgate.presented_key': new Map<string, string>(),
};
const MAX_WRAPPED_TEXTS = 1000;

function wrapped(setting: Under['setting'], text: string, parameter: number): string {
  const texts = wrappedTexts[setting];
  const known = texts.get(text);
  if (known !== undefined) return known;
  const made =
    `select answer.* from (select set_config('${setting}', $${parameter}, true) as value offset 0) as wall ` +
    `cross join lateral (select * from (${text}) as query where wall.value is not null offset 0) as answer`;
  // The forms of queries are few; should some part of the program make many, memory stays bounded all the same.
  if (texts.size >= MAX_WRAPPED_TEXTS) texts.clear();
  texts.set(text, made);
  return made;
}

interface TransactionOptions {
  readonly tenants: Tenants;
  /** The user who presents a token that tells of its own roles. */
  readonly user?: string | undefined;
  /** Transactions of one name run one after the other. */
  readonly oneAtATime?: string | undefined;
}

/**
 * Runs `work` in one transaction for these tenants: all of its statements commit together, or none when it throws.
 *
 * A transaction whose connection is lost is over at once, while `work` may still go on. Its further statements are
 * refused here: the driver would send them over the same connection, made anew, in the middle of whatever another
 * transaction does there by then.
 */
export async function transactBehindWall<R>(
  sql: Sql,
  options: TransactionOptions,
  work: (transaction: TenantTransaction) => Promise<R>,
): Promise<R> {
  let isOver = false;
  const begun = sql.begin(async (transaction) => {
    // Not awaited: it runs ahead of the first query, whose answer comes after its own.
    const entered = enter(transaction, options);
    // Work that throws before its first statement leaves nobody else to hear that this failed too.
    entered.catch(() => {});
    const value = await work({
      run: async (query) => {
        if (isOver) throw new TransactionOverError();
        const compiled = query.compile();
        const [rows] = await Promise.all([execute(transaction, compiled.sql, compiled.parameters), entered]);
        return rows as never;
      },
    });
    await entered;
    return { value };
  });
  try {
    return (await begun).value;
  } finally {
    isOver = true;
  }
}

async function enter(
  transaction: TransactionSql,
  { tenants, user, oneAtATime }: TransactionOptions,
): Promise<void> {
  const setting = `select set_config('headgate.tenants', $1, true)`;
  if (user !== undefined) {
    // One after the other: two tokens of one user would otherwise hold the same rows in different orders.
    const oneUser = `set_config('headgate.presented_user', $2, true), pg_advisory_xact_lock(hashtextextended($3, 0))`;
    await execute(transaction, `${setting}, ${oneUser}`, [toArrayLiteral(tenants), user, `roles ${user}`]);
    return;
  }
  await (oneAtATime === undefined
    ? execute(transaction, setting, [toArrayLiteral(tenants)])
    : execute(transaction, `${setting}, pg_advisory_xact_lock(hashtextextended($2, 0))`, [
        toArrayLiteral(tenants),
        oneAtATime,
      ]));
}

/** Prepared, so that PostgreSQL plans each form of statement once a connection. */
export async function execute<T>(
  sql: Sql | TransactionSql,
  text: string,
  parameters: readonly unknown[],
): Promise<T[]> {
  return (await sql.unsafe(text, [...parameters] as never[], { prepare: true })) as unknown as T[];
}

const SPECIAL = /["\\]/g;
const ESCAPED = String.raw`\$&`;

/** The text form of an array (PostgreSQL manual, section 8.15.6). */
function toArrayLiteral(values: Tenants): string {
  return `{${values.map((value) => `"${value.replaceAll(SPECIAL, ESCAPED)}"`).join(',')}}`;
}
