import type { RegisteredSlot } from '@headgate/upstream';
import type { Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { lookupDatabase } from '../databases/lookup-database.ts';
import type { Action } from '../policy.ts';
import { reader } from '../reader.ts';
import { databaseTarget } from '../upstream/database-target.ts';
import { lookupReplicationSlot, type ReplicationSlotPath } from './lookup-replication-slot.ts';
import type { ReplicationSlotRow } from './row.ts';

interface Live<A extends Action> {
  readonly row: Authorized<ReplicationSlotRow, A>;
  /** What is asked of its upstream. It holds a password: to be used at once, and not kept. */
  readonly registered: RegisteredSlot;
}

/**
 * Finds a registered slot, and what its upstream is reached with, for a caller who may do this to it.
 *
 * @throws HeadgateError NOT_FOUND, FORBIDDEN as `lookupReplicationSlot`; CONFLICT as `databaseTarget`
 */
export async function lookupLiveSlot<A extends Action>(
  ctx: Context,
  { action, ...path }: ReplicationSlotPath & { readonly action: A },
): Promise<Live<A>> {
  const { run } = reader(ctx);
  const row = await lookupReplicationSlot(ctx, { run }, { ...path, action, to: 'read' });
  const { projectId, databaseId } = path;
  const database = await lookupDatabase(ctx, { run }, { projectId, databaseId, action, to: 'read' });
  const target = await databaseTarget(ctx, { run }, database);
  const { slot_name: slot, publication_name: publication, upstream: upstreamId } = row;
  return { row, registered: { target, slot, publication, upstreamId } };
}
