import { query } from '@headgate/db';
import { sql } from 'kysely';
import type { Context } from '../context.ts';
import { isExtendable, type ChainState } from './chain-state.ts';
import { unchained, type Findings } from './findings.ts';
import { textOf } from './link.ts';
import { checkMac } from './mac.ts';
import { exactTime, selectEntries, type EntryRow } from './row.ts';

const BATCH_SIZE = 500;
/** Those that wait are chained within seconds: more of them than this are a backlog, and looked at by a later call. */
const MAX_BATCHES = 20;
/** Entries without a place in the chain, each told of by itself. */
const MAX_TOLD = 20;

/**
 * Looks at the entries that no chain holds: whether they are what was written, and whether they wait in vain, because
 * the end of the chain is not as it was sealed.
 */
export async function checkUnchained(
  ctx: Context,
  orgId: string,
  state: ChainState,
  findings: Findings,
): Promise<void> {
  const isStopped = !isExtendable(state);
  let told = 0;
  let last: EntryRow | undefined;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const rows = await ctx.store.read([orgId], unchainedBehind(orgId, last));
    for (const row of rows) {
      const message = doubtOf(ctx, row) ?? (isStopped ? STOPPED : undefined);
      if (message === undefined) continue;
      findings.add(unchained({ id: row.id }, message));
      told += 1;
      if (told === MAX_TOLD) return;
    }
    last = rows.at(-1);
    if (rows.length < BATCH_SIZE) return;
  }
}

const STOPPED = 'It is not chained, since the end of the chain is not as it was sealed.';

function doubtOf({ vault }: Context, row: EntryRow): string | undefined {
  const mac = checkMac(vault, row.mac, textOf(row));
  if (mac === 'forged') {
    return 'It is not chained, since it is not what was written, or nothing that was: its MAC does not match.';
  }
  if (mac !== 'unknown') return undefined;
  const keyId = JSON.stringify(row.mac?.split(':', 1)[0]);
  return (
    `It is not chained, since its MAC is under the key ${keyId}, which is not in the vault: it is forged, or the key was ` +
    'dropped too early. If it was yours, add it to VAULT_KEYS again.'
  );
}

function unchainedBehind(orgId: string, last: EntryRow | undefined) {
  const entries = selectEntries
    .where('org_id', '=', orgId)
    .where('position', 'is', null)
    .where('mac', 'is not', null)
    .orderBy('created_at')
    .orderBy('id')
    .limit(BATCH_SIZE);
  if (last === undefined) return entries;
  return entries.where((eb) =>
    eb(
      eb.refTuple('created_at', 'id'),
      '>',
      eb.tuple(sql<Date>`${exactTime(last)}::text::timestamptz`, last.id),
    ),
  );
}

/** How many entries of an organization have no MAC, as those that were written before there was a chain. */
export async function countBeforeChain({ store }: Context, orgId: string): Promise<number> {
  const [row] = await store.read(
    [orgId],
    query
      .selectFrom('audit_entries')
      .where('org_id', '=', orgId)
      .where('mac', 'is', null)
      .where('position', 'is', null)
      .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('count')),
  );
  return row?.count ?? 0;
}
