import { query, type Store } from '@headgate/db';
import type { Vault } from '@headgate/vault';
import { sql } from 'kysely';
import { isAborted } from '../time.ts';
import { chainAuditLog } from './chain-audit-log.ts';

/** Organizations a round; those that it leaves are the first of the next one. */
const MAX_ORGANIZATIONS = 100;
/** Rounds in which an entry that is not ours is not looked at again: its key may be in the vault one day. */
const ROUNDS_OF_REFUSAL = 60;

interface ChainerOptions {
  readonly store: Store;
  readonly vault: Vault;
}

/** What a round has done. */
export interface ChainingRound {
  readonly chained: number;
  /** Organizations whose chain goes on no more, because its end is not the one that was sealed. */
  readonly stopped: readonly string[];
  /** Organizations with entries that are not chained, because their MAC does not say that they are ours. */
  readonly refusing: readonly string[];
  /** Organizations whose chain could not be extended just now, each with the reason. */
  readonly failed: readonly { readonly orgId: string; readonly error: unknown }[];
}

/** Chains the entries of whatever organizations have some that are not chained yet. */
export interface AuditChainer {
  chainPending(signal?: AbortSignal): Promise<ChainingRound>;
}

/**
 * A chainer for the background. Its rounds go around all organizations in turn, so that neither one with a great
 * backlog nor those whose chain is broken keep the others from theirs. Several instances may do it at once.
 */
export function createAuditChainer({ store, vault }: ChainerOptions): AuditChainer {
  let after = '';
  let round = 0;
  const refused = new Map<string, Set<string>>();
  return {
    chainPending: async (signal) => {
      round = (round + 1) % ROUNDS_OF_REFUSAL;
      if (round === 0) refused.clear();
      const found = await store.maintain(findPending(after));
      after = found.length < MAX_ORGANIZATIONS ? '' : (found.at(-1)?.org_id ?? '');
      let chained = 0;
      const stopped: string[] = [];
      const refusing: string[] = [];
      const failed: { orgId: string; error: unknown }[] = [];
      for (const { org_id: orgId } of found) {
        if (isAborted(signal)) break;
        try {
          const known = refused.get(orgId) ?? new Set<string>();
          const result = await chainAuditLog({ store, vault, signal }, orgId, known);
          chained += result.chained;
          if (result.state === 'stopped') stopped.push(orgId);
          if (known.size > 0) {
            refused.set(orgId, known);
            refusing.push(orgId);
          }
        } catch (error) {
          failed.push({ orgId, error });
        }
      }
      return { chained, stopped, refusing, failed };
    },
  };
}

/**
 * The organizations behind this one that have unchained entries. PostgreSQL has no skip scan for DISTINCT: each step of
 * the recursion asks the partial index for the next one, however many entries the one before has.
 */
function findPending(after: string) {
  const next = (behind: ReturnType<typeof sql<string>>) => sql<string>`(
    select org_id from headgate.audit_entries where position is null and mac is not null and org_id > ${behind}
    order by org_id limit 1
  )`;
  return query
    .withRecursive('pending(org_id)', (cte) =>
      cte.selectNoFrom(next(sql`${after}`).as('org_id')).unionAll(
        cte
          .selectFrom('pending')
          .where('pending.org_id', 'is not', null)
          .select(next(sql`pending.org_id`).as('org_id')),
      ),
    )
    .selectFrom('pending')
    .where('pending.org_id', 'is not', null)
    .select('pending.org_id')
    .limit(MAX_ORGANIZATIONS);
}
