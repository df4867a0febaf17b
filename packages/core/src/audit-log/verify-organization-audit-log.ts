import { query } from '@headgate/db';
import { MAX_AUDIT_ENTRIES_VERIFIED, type AuditVerification } from '@headgate/schema';
import { authorizeOrganization } from '../authorize.ts';
import type { Context, Verb } from '../context.ts';
import { decodeCursor, encodeCursor, type Order } from '../page.ts';
import { chainBeforeReading } from './chain-audit-log.ts';
import { chainState, readChainState, type ChainState } from './chain-state.ts';
import { checkEnd, checkHead } from './check-head.ts';
import { checkUnchained, countBeforeChain } from './check-unchained.ts';
import { explainLinks } from './explain-links.ts';
import { createFindings, type Findings } from './findings.ts';
import { NO_HASH } from './link.ts';
import { selectEntries } from './row.ts';
import { BEGINNING, walkChain, type ChainedRow, type Previous } from './walk-chain.ts';

/** Hashed without a pause: short enough for other requests not to notice. */
const BATCH_SIZE = 500;

const ORDER: Order = { name: 'verification of the audit chain', kind: 'aud', key: 'text' };

interface VerifyOrganizationAuditLog {
  readonly orgId: string;
  readonly page_token?: string | undefined;
  /** How many entries one call checks. */
  readonly maxEntries?: number;
}

/**
 * Walks the chain of an organization and says what is not as it was written. A call checks a bounded number of entries;
 * the next one goes on where it ended.
 *
 * What it cannot know of whoever can write to the database: that an older state of it was put back, seal and all; that
 * entries are gone together with the whole chain, its head too, so that what was left of them began another; and that an
 * entry was removed before it was chained. The `head` of an earlier answer, kept elsewhere, tells of the first two.
 */
export async function verifyOrganizationAuditLog({
  ctx,
  input,
}: Verb<VerifyOrganizationAuditLog>): Promise<AuditVerification> {
  const { org_id: orgId } = authorizeOrganization(ctx, input.orgId, 'organizationAuditLog.verify');
  const listing = { order: ORDER, of: orgId };
  const cursor = decodeCursor(ctx, listing, input.page_token);
  await chainBeforeReading(ctx, orgId);
  const [row] = await ctx.store.read([orgId], readChainState(orgId));
  const state = chainState(ctx.vault, orgId, row);
  const findings = createFindings();
  checkHead(state, findings);
  await checkUnchained(ctx, orgId, state, findings);
  const start = cursor === undefined ? BEGINNING : await placeOf(ctx, orgId, Number(cursor.key));
  const walk = { orgId, state, start, maxEntries: input.maxEntries ?? MAX_AUDIT_ENTRIES_VERIFIED };
  const { checked, previous, isDone } = await walkOn(ctx, walk, findings);
  if (isDone) await checkEnd(ctx, orgId, { state, previous }, findings);
  const isGoingOn = !isDone && !findings.isFull() && previous.id !== undefined;
  return {
    verified: findings.all.length === 0,
    entries_checked: checked,
    entries_before_chain: await countBeforeChain(ctx, orgId),
    ...(state.head && { head: { position: state.head.length, hash: state.head.hash } }),
    findings: [...findings.all],
    ...(findings.isFull() && { truncated: true as const }),
    ...(isGoingOn && {
      next_page_token: encodeCursor(ctx, listing, {
        key: String(previous.position),
        id: previous.id ?? '',
      }),
    }),
  };
}

interface Walk {
  readonly orgId: string;
  readonly state: ChainState;
  readonly start: Previous;
  readonly maxEntries: number;
}

async function walkOn(ctx: Context, { orgId, state, start, maxEntries }: Walk, findings: Findings) {
  const end = lastPositionOf(state);
  let previous = start;
  let checked = 0;
  let isDone = false;
  while (!isDone && checked < maxEntries && !findings.isFull()) {
    const size = Math.min(BATCH_SIZE, maxEntries - checked);
    const rows = await readChained(ctx, { orgId, previous, end, size });
    const result = walkChain(ctx.vault, rows, previous, findings);
    await explainLinks(ctx.store, orgId, { broken: result.broken, state }, findings);
    previous = result.previous;
    checked += rows.length;
    isDone = rows.length < size;
  }
  return { checked, previous, isDone };
}

/**
 * How far the chain is walked: to its sealed end. Where that end stands elsewhere than it should, since something was
 * put in before it, or where there is no seal to believe, it is walked to its last entry.
 */
function lastPositionOf({ head, seal, last }: ChainState): number {
  const isSealedEnd = seal !== 'intact' || last?.hash === head?.hash;
  const end = isSealedEnd ? last?.position : head?.length;
  return Math.min(end ?? 0, Number.MAX_SAFE_INTEGER);
}

interface Batch {
  readonly orgId: string;
  readonly previous: Previous;
  readonly end: number;
  readonly size: number;
}

async function readChained(ctx: Context, { orgId, previous, end, size }: Batch): Promise<ChainedRow[]> {
  const { id, position } = previous;
  const rows = await ctx.store.read(
    [orgId],
    selectEntries
      .where('org_id', '=', orgId)
      .where((eb) =>
        id === undefined
          ? eb('position', '>', position)
          : eb(eb.refTuple('position', 'id'), '>', eb.tuple(position, id)),
      )
      .where('position', '<=', end)
      .orderBy('position')
      .orderBy('id')
      .limit(size),
  );
  return rows as ChainedRow[];
}

/** Where an earlier call ended. Was the entry removed since, then what comes behind it is found to hang on nothing. */
async function placeOf(ctx: Context, orgId: string, position: number): Promise<Previous> {
  const [row] = await ctx.store.read(
    [orgId],
    query
      .selectFrom('audit_entries')
      .where('org_id', '=', orgId)
      .where('position', '=', position)
      .select(['id', 'position', 'hash']),
  );
  if (row === undefined) return { ...BEGINNING, position: position - 1, hash: NO_HASH };
  return { id: row.id, position, hash: row.hash ?? NO_HASH, isAltered: false };
}
