import type { TenantTransaction } from '@headgate/db';
import { recordAudit, type AuditEntry } from './audit.ts';
import { tenantsOf, type Context } from './context.ts';
import { lockName, recall, remember } from './idempotency.ts';
import type { Action } from './policy.ts';

/** What a verb answers. */
export interface Answer<V> {
  readonly view: V;
  readonly etag?: string | undefined;
  /** Whether this is the first answer to an idempotency key, given again. */
  readonly replayed?: boolean | undefined;
}

/** What a verb has decided to do: the statements that do it, what they will be remembered by, and the answer. */
export interface Decision<V> {
  readonly orgId: string;
  readonly writes: readonly Parameters<TenantTransaction['run']>[0][];
  readonly audit: readonly AuditEntry[];
  readonly answer: Answer<V>;
}

/**
 * Carries out one mutation in one transaction: the row, its audit entry and its idempotency record commit together or
 * not at all. `decide` looks up and locks what it needs and returns what to write; the writes then travel together.
 */
export async function mutate<V>(
  ctx: Context,
  action: Action,
  decide: (tx: TenantTransaction) => Promise<Decision<V>>,
): Promise<Answer<V>> {
  const { idempotency } = ctx;
  return await ctx.store.transact({ tenants: tenantsOf(ctx), oneAtATime: lockName(ctx) }, async (tx) => {
    if (idempotency !== undefined) {
      const first = await recall(ctx, tx, action, idempotency);
      if (first !== undefined) return { ...(first as Answer<V>), replayed: true };
    }
    const { orgId, writes, audit, answer } = await decide(tx);
    const records = [
      ...(audit.length > 0 ? [recordAudit(ctx, audit)] : []),
      ...(idempotency === undefined ? [] : [remember(ctx, action, orgId, answer, idempotency)]),
    ];
    await Promise.all([...writes, ...records].map(async (statement) => await tx.run(statement)));
    return answer;
  });
}
