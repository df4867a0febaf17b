import { failed, type SlotCheck } from './slot-check.ts';
import type { SlotFacts } from './slot-facts.ts';
import type { Target } from '../target.ts';
import { isOtherUpstream, upstreamId } from './upstream-id.ts';

/** Says so when a server is another one than that whose slot was registered; undefined when it is not known to be. */
export function judgeUpstream(registered: string, facts: SlotFacts, target: Target): SlotCheck | undefined {
  return isOtherUpstream(registered, upstreamId(facts, target))
    ? failed(
        'server',
        'other_cluster',
        'The database is another server now than the one whose slot was registered.',
      )
    : undefined;
}
