import { insert, prepare, query, type TenantTransaction } from '@headgate/db';
import { IDEMPOTENCY_TTL_HOURS } from '@headgate/schema';
import type { Context, Idempotency } from './context.ts';
import { conflict } from './errors.ts';
import type { Action } from './policy.ts';

const HOUR_MS = 3_600_000;

/** What is kept of a first answer. It never holds a secret, since no answer does. */
export interface StoredAnswer {
  readonly view: unknown;
  readonly etag?: string | undefined;
}

/** Transactions of one key run one after the other, so that of two that arrive at once the second finds a record. */
export function lockName(ctx: Context): string | undefined {
  return ctx.idempotency && `idempotency ${ctx.actor.id} ${ctx.idempotency.key}`;
}

const findRecord = prepare((actorId: string, key: string) =>
  query
    .selectFrom('idempotency_records')
    .select(['operation', 'fingerprint', 'answer', 'expires_at'])
    .where('actor_id', '=', actorId)
    .where('key', '=', key),
);

/**
 * The first answer to this key, if there is one.
 *
 * @throws HeadgateError CONFLICT when the key came with another request
 */
export async function recall(
  ctx: Context,
  tx: TenantTransaction,
  operation: Action,
  { key, request }: Idempotency,
): Promise<StoredAnswer | undefined> {
  const [record] = await tx.run(findRecord(ctx.actor.id, key));
  if (record === undefined) return undefined;
  if (record.expires_at <= ctx.clock.now()) {
    await tx.run(
      query.deleteFrom('idempotency_records').where('actor_id', '=', ctx.actor.id).where('key', '=', key),
    );
    return undefined;
  }
  if (record.operation !== operation || !ctx.vault.matches(record.fingerprint, request)) {
    throw conflict('This Idempotency-Key was used for another request. Send a new key with a new request.');
  }
  return record.answer as unknown as StoredAnswer;
}

interface Remembered {
  readonly operation: Action;
  readonly orgId: string;
  readonly answer: StoredAnswer;
}

/** The statement that keeps an answer, in the transaction of what it answers. */
export function remember(
  ctx: Context,
  { key, request }: Idempotency,
  { operation, orgId, answer }: Remembered,
) {
  const now = ctx.clock.now();
  return insert('idempotency_records', {
    actor_id: ctx.actor.id,
    key,
    org_id: orgId,
    operation,
    fingerprint: ctx.vault.fingerprint(request),
    // The object as it is: postgres.js writes it as JSON, and would make a JSON string of text.
    answer: answer as never,
    created_at: now,
    expires_at: new Date(now.getTime() + IDEMPOTENCY_TTL_HOURS * HOUR_MS),
  });
}
