import type { Upstream } from '../upstream.ts';
import { dropSlot } from './drop-slot.ts';
import { judgeUpstream } from './judge-upstream.ts';
import { withLinks } from './links.ts';
import { toCheck, type SlotCheck } from './slot-check.ts';
import { readSlotFacts } from './slot-facts.ts';
import type { RegisteredSlot } from './slot-state.ts';

/**
 * Drops a slot that was registered. Answers what stood in the way; nothing when it is gone, now or before. A slot of the
 * same name on another server is left alone. It does not throw for what a server does.
 */
export async function dropRegisteredSlot(
  upstream: Upstream,
  registered: RegisteredSlot,
  signal: AbortSignal,
): Promise<SlotCheck | undefined> {
  const { target, slot } = registered;
  try {
    return await withLinks(upstream, { target }, signal, async ({ server }) => {
      const facts = await readSlotFacts(server, registered);
      const wrong = judgeUpstream(registered.upstreamId, facts, target);
      if (wrong === undefined && facts.slot !== undefined) await dropSlot(server, slot);
      return wrong;
    });
  } catch (error) {
    return toCheck(error);
  }
}
