import type { OrganizationLimits } from '@headgate/schema';
import { authorizeOrganization } from '../authorize.ts';
import type { Verb } from '../context.ts';
import { reader } from '../reader.ts';
import { limitsView, readUsage } from './usage.ts';

/** What an organization uses of each limit, and what it may have. */
export async function getOrganizationLimits({
  ctx,
  input,
}: Verb<{ readonly orgId: string }>): Promise<OrganizationLimits> {
  const { org_id: orgId } = authorizeOrganization(ctx, input.orgId, 'organizationLimits.get');
  const usage = await readUsage(reader(ctx), { orgId, clock: ctx.clock });
  return limitsView(orgId, usage, ctx.settings);
}
