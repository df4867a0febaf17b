import { DEFAULT_SSL_MODE, type CreateReplicationSlot } from '@headgate/schema';
import {
  prepareSlot,
  timeToUndo,
  undoMade,
  type PreparedSlot,
  type SlotRequest,
  type Target,
} from '@headgate/upstream';
import type { Context } from '../context.ts';
import type { DatabaseRow } from '../databases/row.ts';
import { HeadgateError } from '../errors.ts';
import { useUpstream } from '../upstream/use-upstream.ts';
import { alsoLeftBehind, checksFailed } from './check-view.ts';
import type { SlotIdentity } from './slot-taken.ts';

/** A slot that was verified, with what was made for it. It holds the secrets of its servers: it is never logged. */
export interface PreparedRegistration {
  readonly given: CreateReplicationSlot;
  readonly identity: SlotIdentity;
  readonly request: SlotRequest;
  readonly prepared: PreparedSlot;
}

interface Wanted {
  /** The database that they are of, as it is or as it would be. */
  readonly database: Pick<DatabaseRow, 'org_id' | 'project_id'>;
  readonly target: Target;
  readonly slots: readonly CreateReplicationSlot[];
  /** The list of the request that they stand in; left out when the request is about one alone. */
  readonly field?: string;
}

/**
 * Verifies slots of a database on its upstream, and makes what is missing where that is asked for: all of them, or
 * nothing is left of it. Whoever does not register them afterwards undoes what was made (`undoPrepared`).
 *
 * @throws HeadgateError UPSTREAM_CHECK_FAILED when one cannot be used; RATE_LIMITED, UNAVAILABLE as `useUpstream`. Each
 *   names what was made and could not be undone
 */
export async function prepareSlots(
  ctx: Context,
  { database, target, slots, field }: Wanted,
): Promise<PreparedRegistration[]> {
  return await useUpstream(ctx, database, async (signal) => {
    const done: PreparedRegistration[] = [];
    const undoing = timeToUndo();
    for (const [index, given] of slots.entries()) {
      const request = toRequest(target, given);
      const prepared = await prepareSlot(ctx.upstream, request, signal, undoing).catch(
        async (error: unknown) => {
          await undoPrepared(ctx, done, undoing());
          throw error;
        },
      );
      const { ok, upstreamId, checks, leftBehind } = prepared;
      if (!ok || upstreamId === undefined) {
        const slot = field === undefined ? undefined : { name: given.slot_name, field: `${field}[${index}]` };
        const left = [...leftBehind, ...(await undoPrepared(ctx, done, undoing()))];
        throw signal.reason instanceof HeadgateError
          ? alsoLeftBehind(signal.reason, left)
          : checksFailed(checks, left, slot);
      }
      const identity = { org_id: database.org_id, upstream: upstreamId, slot_name: given.slot_name };
      done.push({ given, identity, request, prepared });
    }
    return done;
  });
}

/** Undoes what was made for all of them, before the signal is aborted. Answers in words what could not be undone. */
export async function undoPrepared(
  { upstream }: Pick<Context, 'upstream'>,
  slots: readonly PreparedRegistration[],
  signal = timeToUndo()(),
): Promise<string[]> {
  const undoings = slots.map(({ request, prepared: { made } }) => ({ request, made }));
  return await undoMade(upstream, undoings, signal);
}

/** The primary of a standby is of the same owner: what vouches for one vouches for the other. */
function toRequest(target: Target, given: CreateReplicationSlot): SlotRequest {
  const { primary } = given;
  const { ca, clientCertificate } = target;
  return {
    target,
    slot: given.slot_name,
    publication: given.publication_name,
    createIfMissing: given.create_if_missing === true,
    tables: given.tables,
    primary: primary && {
      ...{ host: primary.host, port: primary.port, database: primary.database },
      ...{ username: primary.username, password: primary.password, ca, clientCertificate },
      sslMode: primary.ssl_mode ?? DEFAULT_SSL_MODE,
    },
  };
}
