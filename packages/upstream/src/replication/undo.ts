import type { Connection } from '../connection.ts';
import type { Target } from '../target.ts';
import type { Upstream } from '../upstream.ts';
import { dropPublication } from './create-publication.ts';
import { dropNewSlot } from './drop-slot.ts';
import { Refusal } from './refusal.ts';
import type { SlotNames } from './slot-facts.ts';

/**
 * All undoing of a request together. Whoever asked may be gone, and what was made is to be undone all the same; and
 * whoever waits is to be told of what is left behind before the request is answered without it.
 */
const TIMEOUT_MS = 3000;

/** The time of one request's undoing, which begins when it is first asked for and ends by aborting the signal. */
export function timeToUndo(): () => AbortSignal {
  let signal: AbortSignal | undefined;
  return () => (signal ??= AbortSignal.timeout(TIMEOUT_MS));
}

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

/** What is to be undone. */
export interface Undoing {
  readonly request: MadeFor;
  readonly made: Made;
}

/**
 * Undoes what was made for slots, the slots first: over one connection for each server, and all servers at once. Answers
 * in words what is left behind because it could not be undone, or not in time: nothing when all went well. It never
 * fails.
 */
export async function undoMade(
  upstream: Upstream,
  undoings: readonly Undoing[],
  signal: AbortSignal = timeToUndo()(),
): Promise<string[]> {
  const drops = [...undoings.flatMap(slotDrops), ...undoings.flatMap(publicationDrops)];
  const servers = Map.groupBy(drops, ({ target }) => keyOf(target));
  const left = await Promise.all(
    Array.from(servers.values(), async (ofServer) => await dropAll(upstream, ofServer, signal)),
  );
  return left.flat();
}

interface Drop {
  readonly target: Target;
  /** What is dropped, in words. */
  readonly what: string;
  readonly from: (connection: Connection, signal: AbortSignal) => Promise<void>;
}

function slotDrops({ request: { target, slot }, made }: Undoing): Drop[] {
  if (!made.slot) return [];
  const from: Drop['from'] = async (connection, signal) => await dropNewSlot(connection, slot, signal);
  return [{ target, what: `the replication slot ${slot}`, from }];
}

function publicationDrops({ request: { target, primary, publication }, made }: Undoing): Drop[] {
  if (!made.publication) return [];
  const from: Drop['from'] = async (connection) => await dropPublication(connection, publication);
  return [{ target: primary ?? target, what: `the publication ${publication}`, from }];
}

function keyOf({ host, port, database, username }: Target): string {
  return JSON.stringify([host, port, database, username]);
}

/** A server that says no to one goes on with the next; where the connection is lost the next one opens another. */
async function dropAll(upstream: Upstream, drops: readonly Drop[], signal: AbortSignal): Promise<string[]> {
  const left: string[] = [];
  let connection: Connection | undefined;
  for (const { target, what, from } of drops) {
    try {
      connection ??= await upstream.connect(target, { signal });
      await from(connection, signal);
    } catch (error) {
      left.push(what);
      if (error instanceof Refusal) continue;
      void connection?.close();
      connection = undefined;
    }
  }
  await connection?.close();
  return left;
}
