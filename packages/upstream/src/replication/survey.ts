import { detectPooler } from '../check/pooler.ts';
import type { Target } from '../target.ts';
import { readUnpublished } from './create-publication.ts';
import { judgePair } from './judge-slot.ts';
import { judgeServers, warningsOfServer } from './judge-server.ts';
import type { Links } from './links.ts';
import { rehearse } from './rehearse.ts';
import type { SlotCheck, SlotWarning } from './slot-check.ts';
import { readSlotFacts, type SlotFacts, type SlotNames } from './slot-facts.ts';

/** A slot and a publication as they are wanted. */
export interface SlotWish extends SlotNames {
  /** Where the slot is, and whom to be there. */
  readonly target: Target;
  /** Whether what is missing is to be made. */
  readonly createIfMissing: boolean;
  /** `schema.table`, as SQL writes it: what the publication is to have at least, and has when it is made. */
  readonly tables?: readonly string[] | undefined;
}

/** How things stand, and what is wrong with it. */
export interface Survey {
  readonly server: SlotFacts;
  /** Of the server where publications are made. */
  readonly publisher: SlotFacts;
  readonly checks: readonly SlotCheck[];
  readonly warnings: readonly SlotWarning[];
}

/**
 * Looks at both servers, and holds what is there against what is wanted. A slot that was made just now, after the
 * publication was seen, is known to be newer: that is not asked again.
 *
 * @throws ServerError, UpstreamError as `Connection.query` does
 */
export async function survey(links: Links, wish: SlotWish, { isSlotNew = false } = {}): Promise<Survey> {
  const startMs = performance.now();
  const [server, primary] = await Promise.all([
    readSlotFacts(links.server, wish),
    links.primary && readSlotFacts(links.primary, wish),
  ]);
  const durationMs = Math.round(performance.now() - startMs);
  const publisher = server.inRecovery ? (primary ?? server) : server;
  const isToBeMade = wish.createIfMissing && server.slot === undefined;
  const [first, ...others] = judgeServers({ server, primary, isToBeMade });
  const ofServers = [{ ...first, durationMs }, ...others];
  const unpublished = publisher.hasPublication
    ? await readUnpublished(server.inRecovery ? (links.primary ?? links.server) : links.server, wish)
    : [];
  const pair = { ...wish, server, publisher, unpublished };
  const ofPair = judgePair({ ...pair, rehearsal: undefined });
  const isReadable = [...ofServers, ...ofPair].every(({ outcome }) => outcome !== 'failed');
  const rehearsal =
    isReadable && server.slot !== undefined && publisher.hasPublication
      ? await (isSlotNew ? 'works' : rehearse(links.server, wish, server))
      : undefined;
  return {
    ...{ server, publisher },
    checks: [...ofServers, ...(rehearsal === undefined ? ofPair : judgePair({ ...pair, rehearsal }))],
    warnings: [
      ...warningsOfServer(server),
      ...(isBehindPooler(links, wish, server) ? [BEHIND_POOLER] : []),
      ...(rehearsal === 'unsure' ? [mayBeNewer(wish)] : []),
    ],
  };
}

function isBehindPooler({ server }: Links, { target }: SlotWish, { processId }: SlotFacts): boolean {
  return detectPooler(target.host, server, processId) !== undefined;
}

const BEHIND_POOLER: SlotWarning = {
  code: 'behind_pooler',
  message:
    'A pooler answers in place of the server. Slots are read over a replication connection, which poolers do not let through: register the database by the host and port of the server itself.',
};

function mayBeNewer({ slot, publication }: SlotNames): SlotWarning {
  return {
    code: 'publication_may_be_newer',
    message: `It cannot be told whether the publication ${publication} is older than the slot ${slot}. If it is not, changes from before it was made are not sent by PostgreSQL 18 and later, and stop earlier versions. Drop the slot and make it again after the publication, or have Headgate make both: name others, with create_if_missing.`,
  };
}
