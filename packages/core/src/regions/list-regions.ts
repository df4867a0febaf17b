import type { RegionList } from '@headgate/schema';
import type { Verb } from '../context.ts';

/** The regions that the operator offers, to anyone who is known. */
export function listRegions({ ctx }: Pick<Verb<never>, 'ctx'>): RegionList {
  return { regions: [...ctx.settings.regions] };
}
