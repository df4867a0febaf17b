import type { Target } from '../target.ts';
import type { Upstream } from '../upstream.ts';
import { judgeUpstream } from './judge-upstream.ts';
import { withLinks } from './links.ts';
import { toCheck, type SlotCheck, type SlotWarning } from './slot-check.ts';
import { readSlotFacts, type SlotNames } from './slot-facts.ts';
import type { SlotRow } from './slot-row.ts';

/** A slot as its server has it now. */
export type SlotState =
  | {
      readonly state: 'present';
      readonly slot: SlotRow;
      /** How many bytes of WAL come after what its reader has confirmed; undefined where it has never been read. */
      readonly lagBytes: number | undefined;
      readonly warnings: readonly SlotWarning[];
    }
  | { readonly state: 'missing' }
  | { readonly state: 'unreachable'; readonly check: SlotCheck };

/** A slot as it was registered, and where its server is now. */
export interface RegisteredSlot extends SlotNames {
  readonly target: Target;
  readonly upstreamId: string;
}

/** Asks a server how a slot stands. It does not throw for what a server does. */
export async function readSlotState(
  upstream: Upstream,
  registered: RegisteredSlot,
  signal: AbortSignal,
): Promise<SlotState> {
  const { target } = registered;
  try {
    const facts = await withLinks(
      upstream,
      { target },
      signal,
      async ({ server }) => await readSlotFacts(server, registered),
    );
    const check = judgeUpstream(registered.upstreamId, facts, target);
    if (check !== undefined) return { state: 'unreachable', check };
    const { slot, lagBytes } = facts;
    return slot === undefined
      ? { state: 'missing' }
      : { state: 'present', slot, lagBytes, warnings: warningsOfSlot(slot) };
  } catch (error) {
    return { state: 'unreachable', check: toCheck(error) };
  }
}

const LOST = 'Drop it, make a new one, and copy the tables anew.';

function warningsOfSlot({ walStatus, isInvalidated }: SlotRow): SlotWarning[] {
  if (walStatus === 'lost')
    return [{ code: 'slot_lost', message: `The server has removed WAL that the slot needs. ${LOST}` }];
  if (isInvalidated)
    return [{ code: 'slot_invalidated', message: `The server has given the slot up. ${LOST}` }];
  return walStatus === 'unreserved'
    ? [
        {
          code: 'slot_unreserved',
          message:
            'The slot holds more WAL than max_slot_wal_keep_size, and is lost at a checkpoint soon. Let its reader catch up, or raise the limit.',
        },
      ]
    : [];
}
