import type { Target } from '../target.ts';
import type { Upstream } from '../upstream.ts';
import { createPublication } from './create-publication.ts';
import { createSlot, createSlotOnStandby, untilReplayed } from './create-slot.ts';
import { withLinks, type Links } from './links.ts';
import { Refusal } from './refusal.ts';
import { toCheck, type SlotCheck, type SlotWarning } from './slot-check.ts';
import { survey, type SlotWish, type Survey } from './survey.ts';
import { timeToUndo, undoMade, type Made } from './undo.ts';
import { upstreamId } from './upstream-id.ts';

/** A slot that is to be used, where it is, and whom to be there. */
export interface SlotRequest extends SlotWish {
  /** The primary of a standby. */
  readonly primary?: Target | undefined;
}

export interface PreparedSlot {
  /** Whether the slot can be used with the publication. */
  readonly ok: boolean;
  /** Each thing that it needs, also those that are well; the one step that failed when a server was not reached. */
  readonly checks: readonly SlotCheck[];
  readonly warnings: readonly SlotWarning[];
  /** Whose slot it is, as `upstreamId` says; only when all is well. */
  readonly upstreamId?: string;
  /** What was made for it, to be undone by `undoMade` when it is not used after all. Nothing when it is not ok. */
  readonly made: Made;
  /** In words, what was made and could not be undone, when it is not ok. */
  readonly leftBehind: readonly string[];
}

const NOTHING: Made = { publication: false, slot: false };
const REFUSED = { ok: false, made: NOTHING } as const;

/**
 * Finds out whether a slot can be used with a publication, and makes what is missing where that is wished: the
 * publication first, and the slot after it. When it does not come to a good end what was made is undone. It does not
 * throw for what a server does, and takes as long to undo as `undoing` leaves it, whatever became of the signal.
 */
export async function prepareSlot(
  upstream: Upstream,
  request: SlotRequest,
  signal: AbortSignal,
  undoing = timeToUndo(),
): Promise<PreparedSlot> {
  let made = NOTHING;
  const note: Note = (what, isThere) => {
    made = { ...made, [what]: isThere };
  };
  try {
    const found = await withLinks(upstream, request, signal, async (links) => {
      const before = await survey(links, request);
      if (!isGood(before) || !lacksAnything(before)) return before;
      await makeMissing(links, request, before, note);
      return await survey(links, { ...request, createIfMissing: false }, { isSlotNew: made.slot });
    });
    const { checks, warnings, server } = found;
    if (isGood(found))
      return {
        ok: true,
        checks,
        warnings,
        upstreamId: upstreamId(server, request.target),
        made,
        leftBehind: [],
      };
    return {
      ...REFUSED,
      checks,
      warnings,
      leftBehind: await undoMade(upstream, [{ request, made }], undoing()),
    };
  } catch (error) {
    const leftBehind = await undoMade(upstream, [{ request, made }], undoing());
    return { ...REFUSED, checks: [toCheck(error)], warnings: [], leftBehind };
  }
}

function isGood({ checks }: Survey): boolean {
  return checks.every(({ outcome }) => outcome !== 'failed');
}

function lacksAnything({ server, publisher }: Survey): boolean {
  return server.slot === undefined || !publisher.hasPublication;
}

/** Hears what of it is there, or may be. */
type Note = (what: keyof Made, isThere: boolean) => void;

async function makeMissing(
  { server, primary }: Links,
  request: SlotRequest,
  before: Survey,
  note: Note,
): Promise<void> {
  const { slot, publication } = request;
  if (!before.publisher.hasPublication)
    await make('publication', note, createPublication(primary ?? server, request));
  if (primary !== undefined) await untilReplayed(server, publication);
  if (before.server.slot !== undefined) return;
  const creation =
    primary === undefined
      ? createSlot(server, slot)
      : createSlotOnStandby({ standby: server, primary, slot });
  await make('slot', note, creation);
}

/** Notes what is there after an attempt to make it: also when the connection was lost, and nobody knows. */
async function make(what: keyof Made, note: Note, attempt: Promise<boolean>): Promise<void> {
  try {
    note(what, await attempt);
  } catch (error) {
    note(what, !(error instanceof Refusal));
    throw error;
  }
}
