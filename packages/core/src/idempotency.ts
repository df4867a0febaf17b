import { insert, prepare, query, type TenantTransaction } from '@headgate/db';
import { IDEMPOTENCY_TTL_HOURS, type ActorKind } from '@headgate/schema';
import { tenantsOf, type Context, type Idempotency } from './context.ts';
import type { Answer } from './answer.ts';
import { conflict } from './errors.ts';
import type { Action } from './policy.ts';

const HOUR_MS = 3_600_000;

/** What is kept of a first answer. The secret of an answer that has one is kept apart, sealed. */
interface StoredAnswer {
  readonly view: unknown;
  readonly etag?: string | undefined;
}

/** Transactions of one key run one after the other, so that of two that arrive at once the second finds a record. */
export function lockName(ctx: Context): string | undefined {
  return ctx.idempotency && `idempotency ${ctx.actor.kind} ${ctx.actor.id} ${ctx.idempotency.key}`;
}

const findRecord = prepare((kind: ActorKind, actorId: string, key: string) =>
  query
    .selectFrom('idempotency_records')
    .select(['operation', 'fingerprint', 'answer', 'sealed_secret', 'expires_at'])
    .where('actor_kind', '=', kind)
    .where('actor_id', '=', actorId)
    .where('key', '=', key),
);

/** The identity that the sealed secret of an answer is bound to. */
function secretOwner({ actor }: Context, key: string): string {
  return `idempotency_records/${actor.kind}/${actor.id}/${key}/secret`;
}

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
): Promise<Answer<unknown> | undefined> {
  const { kind, id } = ctx.actor;
  const [record] = await tx.run(findRecord(kind, id, key));
  if (record === undefined) return undefined;
  if (record.expires_at <= ctx.clock.now()) {
    await tx.run(
      query
        .deleteFrom('idempotency_records')
        .where('actor_kind', '=', kind)
        .where('actor_id', '=', id)
        .where('key', '=', key),
    );
    return undefined;
  }
  if (record.operation !== operation || !ctx.vault.matches(record.fingerprint, request)) {
    throw conflict('This Idempotency-Key was used for another request. Send a new key with a new request.');
  }
  const { view, etag } = record.answer as unknown as StoredAnswer;
  const secret =
    record.sealed_secret === null
      ? undefined
      : await ctx.vault.open(record.sealed_secret, secretOwner(ctx, key));
  return { view, etag, secret, replayed: true };
}

/**
 * The first answer to the key of this request, asked for ahead of the transaction by a verb that does something
 * elsewhere before: it is not to be done again for a request that was answered. `mutate` asks again.
 *
 * @throws HeadgateError CONFLICT when the key came with another request
 */
export async function firstAnswer<V>(ctx: Context, operation: Action): Promise<Answer<V> | undefined> {
  const { idempotency } = ctx;
  if (idempotency === undefined) return undefined;
  const options = { tenants: tenantsOf(ctx), oneAtATime: lockName(ctx) };
  const answer = await ctx.store.transact(
    options,
    async (tx) => await recall(ctx, tx, operation, idempotency),
  );
  return answer as Answer<V> | undefined;
}

interface Remembered {
  readonly operation: Action;
  readonly orgId: string;
  readonly answer: Answer<unknown>;
}

/** The statement that keeps an answer, in the transaction of what it answers. */
export async function remember(
  ctx: Context,
  { key, request }: Idempotency,
  { operation, orgId, answer }: Remembered,
) {
  const now = ctx.clock.now();
  const { view, etag, secret } = answer;
  const sealed = secret === undefined ? undefined : await ctx.vault.seal(secret, secretOwner(ctx, key));
  return insert('idempotency_records', {
    actor_kind: ctx.actor.kind,
    actor_id: ctx.actor.id,
    key,
    org_id: orgId,
    operation,
    fingerprint: ctx.vault.fingerprint(request),
    // The object as it is: postgres.js writes it as JSON, and would make a JSON string of text.
    answer: { view, etag } as never,
    sealed_secret: sealed?.jwe ?? null,
    created_at: now,
    expires_at: new Date(now.getTime() + IDEMPOTENCY_TTL_HOURS * HOUR_MS),
  });
}
