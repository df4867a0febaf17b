import type { LiveReplicationSlot, SlotState as SlotStateView } from '@headgate/schema';
import { readSlotState, type SlotState } from '@headgate/upstream';
import type { Answer } from '../answer.ts';
import type { Verb } from '../context.ts';
import { throwIfStopped } from '../upstream/places.ts';
import { useUpstream } from '../upstream/use-upstream.ts';
import { lookupLiveSlot } from './live-slot.ts';
import type { ReplicationSlotPath } from './lookup-replication-slot.ts';
import { replicationSlotEtag, replicationSlotView } from './row.ts';

/**
 * One registered slot, and how it stands on its upstream. A server that does not tell is told of, and is no error.
 *
 * @throws HeadgateError RATE_LIMITED or UNAVAILABLE when too many upstreams are asked at a time
 */
export async function getReplicationSlot({
  ctx,
  input,
}: Verb<ReplicationSlotPath>): Promise<Answer<LiveReplicationSlot>> {
  const { row, registered } = await lookupLiveSlot(ctx, { ...input, action: 'replicationSlot.get' });
  const state = await useUpstream(ctx, row, async (signal) => {
    const found = await readSlotState(ctx.upstream, registered, signal);
    if (found.state === 'unreachable') throwIfStopped(signal);
    return found;
  });
  const upstream = { ...stateView(state), checked_at: ctx.clock.now().toISOString() };
  return { view: { ...replicationSlotView(row), upstream }, etag: replicationSlotEtag(row) };
}

/** What is not known is left out. */
function stateView(state: SlotState): Omit<SlotStateView, 'checked_at'> {
  if (state.state === 'missing') return { state: 'missing' };
  if (state.state === 'unreachable') {
    const { code, message, hint } = state.check;
    return { state: 'unreachable', error: { code, message, hint } };
  }
  const { slot, lagBytes, warnings } = state;
  return {
    state: 'present',
    active: slot.isActive,
    ...(slot.activePid !== undefined && { active_pid: slot.activePid }),
    ...(slot.restartLsn !== undefined && { restart_lsn: slot.restartLsn }),
    ...(slot.confirmedFlushLsn !== undefined && { confirmed_flush_lsn: slot.confirmedFlushLsn }),
    ...(lagBytes !== undefined && { lag_bytes: lagBytes }),
    ...(slot.walStatus !== undefined && { wal_status: slot.walStatus }),
    ...(slot.safeWalSizeBytes !== undefined && { safe_wal_size: slot.safeWalSizeBytes }),
    ...(slot.invalidationReason !== undefined && { invalidation_reason: slot.invalidationReason }),
    ...(warnings.length > 0 && { warnings: [...warnings] }),
  };
}
