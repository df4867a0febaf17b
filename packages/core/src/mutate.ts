import { insertTogether, isInsert, type TenantTransaction } from '@headgate/db';
import type { Answer } from './answer.ts';
import { recordAudit, type AuditEntry } from './audit.ts';
import type { Authorized } from './authorize.ts';
import { tenantsOf, type Context } from './context.ts';
import { lockName, recall, remember } from './idempotency.ts';
import type { Action } from './policy.ts';
import { RecordedError } from './recorded-error.ts';

/** What a verb has decided to do: the statements that do it, what they will be remembered by, and the answer. */
export interface Decision<V, A extends Action> {
  /** What it is done to, or in. */
  readonly on: Authorized<{ readonly org_id: string }, A>;
  readonly writes: readonly Statement[];
  readonly audit: readonly AuditEntry[];
  readonly answer: Answer<V>;
}

/** What a verb of several transactions does in one of them, before the last one, which answers. */
export type Step<A extends Action> = Omit<Decision<never, A>, 'answer'>;

/**
 * Carries out one mutation in one transaction: the row, its audit entry and its idempotency record commit together or
 * not at all. `decide` looks up and locks what it needs and returns what to write, without writing it; the writes then
 * travel together. When it fails nothing is written, but for what a `RecordedError` has to tell.
 */
export async function mutate<V, A extends Action>(
  ctx: Context,
  action: A,
  decide: (tx: TenantTransaction) => Promise<Decision<V, A>>,
): Promise<Answer<V>> {
  return (await carryOut<V, A, Decision<V, A>>(ctx, action, decide)) as Answer<V>;
}

/**
 * Carries out a step on the way to the answer, with its audit entries. Nothing is remembered of it for an idempotency
 * key; where the key has its answer already, nothing is done.
 *
 * @returns the first answer to the idempotency key, if there is one
 */
export async function mutateStep<A extends Action>(
  ctx: Context,
  action: A,
  decide: (tx: TenantTransaction) => Promise<Step<A>>,
): Promise<Answer<unknown> | undefined> {
  return await carryOut<unknown, A, Step<A>>(ctx, action, decide);
}

async function carryOut<V, A extends Action, D extends Step<A> & { readonly answer?: Answer<V> }>(
  ctx: Context,
  action: A,
  decide: (tx: TenantTransaction) => Promise<D>,
): Promise<Answer<V> | undefined> {
  const { idempotency } = ctx;
  const outcome = await ctx.store.transact(
    { tenants: tenantsOf(ctx), oneAtATime: lockName(ctx) },
    async (tx) => {
      // Both at once, so that their questions travel together; a first answer outweighs whatever would be decided now.
      const [decided, recalled] = await Promise.all([
        settle(decide(tx)),
        settle(idempotency === undefined ? Promise.resolve(undefined) : recall(ctx, tx, action, idempotency)),
      ]);
      // A statement that fails makes those behind it fail too; the first one's reason is the true one.
      if ('error' in recalled && 'error' in decided) throw decided.error;
      const first = unwrap(recalled);
      if (first !== undefined) return { answer: first as Answer<V> };
      if ('error' in decided && decided.error instanceof RecordedError) {
        await tx.run(recordAudit(ctx, decided.error.entry));
        return { refusal: decided.error };
      }
      const { on, writes, audit, answer } = unwrap(decided);
      const records = [
        ...audit.map((entry) => recordAudit(ctx, entry)),
        ...(idempotency === undefined || answer === undefined
          ? []
          : [await remember(ctx, idempotency, { operation: action, orgId: on.org_id, answer })]),
      ];
      await Promise.all(joined([...writes, ...records]).map(async (statement) => await tx.run(statement)));
      return { answer };
    },
  );
  if ('refusal' in outcome) throw outcome.refusal;
  return outcome.answer;
}

type Statement = Parameters<TenantTransaction['run']>[0];

/** A row, its audit entry and its idempotency record. PostgreSQL keeps the plan of each form, so there are to be few. */
const MAX_TOGETHER = 3;

/** The same in the same order, where those at the end that only add rows are one statement. */
function joined(statements: readonly Statement[]): readonly Statement[] {
  const afterOthers = statements.findLastIndex((statement) => !isInsert(statement)) + 1;
  const from = Math.max(afterOthers, statements.length - MAX_TOGETHER);
  const inserts = statements.slice(from).filter(isInsert);
  return inserts.length === 0 ? statements : [...statements.slice(0, from), insertTogether(inserts)];
}

type Settled<T> = { readonly value: T } | { readonly error: unknown };

/** Waits without failing, so that a failure that nobody asks for is not unhandled. */
async function settle<T>(promise: Promise<T>): Promise<Settled<T>> {
  return await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

function unwrap<T>(settled: Settled<T>): T {
  if ('error' in settled) throw settled.error;
  return settled.value;
}
