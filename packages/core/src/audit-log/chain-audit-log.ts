import { classifyFailure, prepare, query, type Store, type TenantTransaction } from '@headgate/db';
import type { Vault } from '@headgate/vault';
import { sql } from 'kysely';
import { isAborted } from '../time.ts';
import { chainState, isExtendable, readChainState } from './chain-state.ts';
import { NO_HASH, linkHash, textOf, type EntryText } from './link.ts';
import { checkMac } from './mac.ts';
import { exactTime, selectEntries } from './row.ts';
import { sealHead, type ChainHead } from './seal.ts';

/**
 * A batch is one transaction, well within the time of a statement, and is hashed within some milliseconds: nobody else is
 * heard meanwhile.
 */
const BATCH_SIZE = 200;
/** Whoever waits for it waits for no more than this; the rest of a great backlog is the next call's. */
const MAX_BATCHES = 25;
/** Entries of one organization that are looked past. Whoever forges more stops the chain, which verification tells. */
const MAX_REFUSED = 10_000;

/** What became of the entries that were not chained yet. */
export interface Chaining {
  readonly chained: number;
  /**
   * `stopped` when the end of the chain is not the one that was sealed, or the key to tell is gone, or there are too many
   * entries to look past: the entries stay as they are, and verification says what is wrong.
   */
  readonly state: 'complete' | 'more' | 'stopped';
}

interface ChainDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives the entries of an organization that have none yet their places in its chain, in the order of their times.
 * Entries are written without one, so that those who write never wait for each other; only those who chain do. An entry
 * whose transaction took long is chained behind later ones that were committed before it.
 *
 * An entry whose MAC does not say that it is ours is left as it is and keeps no other from its place. The ids of such
 * entries are added to `refused`; those that are in it already are not looked at again.
 */
export async function chainAuditLog(
  { store, vault, signal }: ChainDeps,
  orgId: string,
  refused = new Set<string>(),
): Promise<Chaining> {
  let chained = 0;
  for (let batch = 0; batch < MAX_BATCHES && !isAborted(signal); batch += 1) {
    if (refused.size >= MAX_REFUSED) return { chained, state: 'stopped' };
    const result = await store.transact(
      { tenants: [orgId], oneAtATime: `audit chain ${orgId}` },
      async (tx) => {
        const [extended] = await Promise.all([
          extendChain(tx, vault, { orgId, refused: [...refused] }),
          tx.run(setForBatch()),
        ]);
        return extended;
      },
    );
    if (result === undefined) return { chained, state: 'stopped' };
    chained += result.chained;
    for (const id of result.refused) refused.add(id);
    if (result.chained + result.refused.length < BATCH_SIZE) return { chained, state: 'complete' };
  }
  return { chained, state: 'more' };
}

/**
 * A crash may lose links that were just made, all of a batch with the end that they led to; they are made again from the
 * entries. So nobody has to wait for the disk (PostgreSQL manual, section 28.4).
 *
 * And links find their entries by a hash. For as long as its statistics do not know of a backlog, PostgreSQL takes the
 * entries without a place for few, and would compare every one of them with every link: a batch of 500 among 20,000 took
 * longer than a statement may, so that none was ever chained.
 */
const setForBatch = prepare(() =>
  query.selectNoFrom([
    sql<string>`set_config('synchronous_commit', 'off', true)`.as('synchronous_commit'),
    sql<string>`set_config('enable_nestloop', 'off', true)`.as('enable_nestloop'),
  ]),
);

const findUnchained = prepare((orgId: string, refused: readonly string[]) =>
  selectEntries
    .where('org_id', '=', orgId)
    .where('position', 'is', null)
    .where('mac', 'is not', null)
    .where(sql<boolean>`id <> all(${refused}::text[])`)
    .orderBy('created_at')
    .orderBy('id')
    .limit(BATCH_SIZE),
);

interface Batch {
  readonly orgId: string;
  readonly refused: readonly string[];
}

/** Chains one batch. @returns what became of its entries, undefined when the chain must not be extended */
async function extendChain(
  tx: TenantTransaction,
  vault: Vault,
  { orgId, refused }: Batch,
): Promise<{ readonly chained: number; readonly refused: readonly string[] } | undefined> {
  const [[row], rows] = await Promise.all([
    tx.run(readChainState(orgId)),
    tx.run(findUnchained(orgId, refused)),
  ]);
  const newest = rows.at(-1);
  if (newest === undefined) return { chained: 0, refused: [] };
  const state = chainState(vault, orgId, row);
  if (!isExtendable(state)) return undefined;
  const entries = rows.map((entry) => {
    const text = textOf(entry);
    return { id: entry.id, text, isOurs: checkMac(vault, entry.mac, text) === 'intact' };
  });
  const ours = entries.filter(({ isOurs }) => isOurs);
  const others = entries.filter(({ isOurs }) => !isOurs).map(({ id }) => id);
  const links = linksOf(ours, state.head ?? { length: 0, hash: NO_HASH });
  const last = links.at(-1);
  if (last === undefined) return { chained: 0, refused: others };
  const head = { length: last.position, hash: last.hash };
  const [written] = await Promise.all([
    tx.run(writeLinks(links, exactTime(newest))),
    tx.run(writeHead(orgId, head.length, head.hash, sealHead(vault, orgId, head))),
  ]);
  if (written.length !== links.length) throw new Error('not every entry could be chained');
  return { chained: links.length, refused: others };
}

interface Link {
  readonly id: string;
  readonly position: number;
  readonly previousHash: string;
  readonly hash: string;
}

interface Chainable {
  readonly id: string;
  readonly text: EntryText;
}

function linksOf(entries: readonly Chainable[], start: ChainHead): Link[] {
  let previousHash = start.hash;
  return entries.map(({ id, text }, index) => {
    const link = {
      id,
      position: start.length + index + 1,
      previousHash,
      hash: linkHash(text, previousHash),
    };
    previousHash = link.hash;
    return link;
  });
}

/** @param until when the newest entry of the batch was made: however many wait behind it, none is looked at */
function writeLinks(links: readonly Link[], until: string) {
  const column = (values: string[]) => sql<string>`unnest(${values}::text[])`;
  const link = query
    .selectNoFrom([
      column(links.map(({ id }) => id)).as('id'),
      column(links.map(({ position }) => String(position))).as('position'),
      column(links.map(({ previousHash }) => previousHash)).as('previous_hash'),
      column(links.map(({ hash }) => hash)).as('hash'),
    ])
    .as('link');
  return query
    .updateTable('audit_entries')
    .from(link)
    .set((eb) => ({
      position: sql<number>`link.position::bigint`,
      previous_hash: eb.ref('link.previous_hash'),
      hash: eb.ref('link.hash'),
    }))
    .whereRef('audit_entries.id', '=', 'link.id')
    .where('audit_entries.position', 'is', null)
    .where('audit_entries.created_at', '<=', sql<Date>`${until}::text::timestamptz`)
    .returning('audit_entries.id');
}

const writeHead = prepare((orgId: string, length: number, hash: string, seal: string) =>
  query
    .insertInto('audit_chains')
    .values({ org_id: orgId, length, hash, seal })
    .onConflict((conflict) =>
      conflict.column('org_id').doUpdateSet((eb) => ({
        length: eb.ref('excluded.length'),
        hash: eb.ref('excluded.hash'),
        seal: eb.ref('excluded.seal'),
      })),
    ),
);

const hasUnchained = prepare((orgId: string) =>
  query
    .selectFrom('audit_entries')
    .where('org_id', '=', orgId)
    .where('position', 'is', null)
    .where('mac', 'is not', null)
    .select('id')
    .limit(1),
);

/**
 * Chains what there is, before it is read. Most of the time nothing is left to do, which costs one short read. While that
 * is not possible, such as on a database that only reads, the log is read as it is: entries get their places later.
 */
export async function chainBeforeReading(deps: ChainDeps, orgId: string): Promise<void> {
  const [unchained] = await deps.store.read([orgId], hasUnchained(orgId));
  if (unchained === undefined) return;
  await chainAuditLog(deps, orgId).catch((error: unknown) => {
    if (classifyFailure(error) !== 'unavailable') throw error;
  });
}
