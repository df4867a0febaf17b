import type { Connection } from '../connection.ts';
import type { Target } from '../target.ts';
import type { Upstream } from '../upstream.ts';
import { dropPublication } from './create-publication.ts';
import { dropNewSlot } from './drop-slot.ts';
import type { SlotNames } from './slot-facts.ts';

/** Whoever asked may be gone, and what was made is to be undone all the same. */
const TIMEOUT_MS = 2500;

/** What was made on customers' servers for a slot, and nothing that was there before. */
export interface Made {
  readonly publication: boolean;
  /** Also when it is not known, since the connection was lost on the way: it was not there a moment before. */
  readonly slot: boolean;
}

/** Whose slot and publication were made, and where. */
export interface MadeFor extends SlotNames {
  readonly target: Target;
  /** Of a standby. */
  readonly primary?: Target | undefined;
}

/**
 * Undoes what was made, the slot first. Answers in words what is left behind because it could not be undone: nothing
 * when all went well. It never fails.
 */
export async function undoMade(upstream: Upstream, request: MadeFor, made: Made): Promise<string[]> {
  const { target, primary = target, slot, publication } = request;
  const left: string[] = [];
  if (made.slot && !(await attempt(upstream, target, async (link) => await dropNewSlot(link, slot))))
    left.push(`the replication slot ${slot}`);
  if (
    made.publication &&
    !(await attempt(upstream, primary, async (link) => await dropPublication(link, publication)))
  )
    left.push(`the publication ${publication}`);
  return left;
}

async function attempt(
  upstream: Upstream,
  target: Target,
  work: (connection: Connection) => Promise<void>,
): Promise<boolean> {
  try {
    const connection = await upstream.connect(target, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    try {
      await work(connection);
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}
