import { query } from '@headgate/db';
import type { LimitName, OrganizationLimits } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import { changes } from '../audit.ts';
import { authorizeOrganization } from '../authorize.ts';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { LIMIT_COLUMNS, holdOrganization, type LimitOverrides } from './limits.ts';
import { limitsView, readUsage } from './usage.ts';

/** The limits to set, each with how much is allowed; null brings the default back. */
export type LimitChanges = Readonly<Partial<Record<LimitName, number | null>>>;

interface SetLimits {
  readonly orgId: string;
  readonly limits: LimitChanges;
}

const ACTION = 'organizationLimits.set';

/**
 * Sets limits of one organization, which hold from the next request on. A limit below what there is refuses more and
 * deletes nothing. What changes nothing leaves no trace.
 */
export async function setOrganizationLimits({
  ctx,
  input,
}: Verb<SetLimits>): Promise<Answer<OrganizationLimits>> {
  const organization = authorizeOrganization(ctx, input.orgId, ACTION);
  const { org_id: orgId } = organization;
  return await mutate(ctx, ACTION, async (tx) => {
    await holdOrganization(tx, organization);
    const usage = await readUsage(tx, { orgId, clock: ctx.clock });
    const overrides = { ...usage.overrides, ...columnsOf(input.limits) };
    const difference = changes(named(usage.overrides), named(overrides));
    const view = limitsView(orgId, { ...usage, overrides }, ctx.settings);
    if (Object.keys(difference.after).length === 0)
      return { on: organization, writes: [], audit: [], answer: { view } };
    return {
      on: organization,
      writes: [query.updateTable('organizations').set(overrides).where('org_id', '=', orgId)],
      audit: [
        {
          action: ACTION,
          orgId,
          projectId: null,
          resource: { kind: 'organization', id: orgId },
          ...difference,
        },
      ],
      answer: { view },
    };
  });
}

const NAMES = Object.keys(LIMIT_COLUMNS) as LimitName[];

function columnsOf(limits: LimitChanges): Partial<LimitOverrides> {
  const given = NAMES.filter((name) => limits[name] !== undefined);
  return Object.fromEntries(given.map((name) => [LIMIT_COLUMNS[name], limits[name]]));
}

/** What an operator has said of each limit, as the audit log tells it. */
function named(overrides: LimitOverrides): Record<LimitName, number | 'default'> {
  const entries = NAMES.map((name) => [name, overrides[LIMIT_COLUMNS[name]] ?? 'default']);
  return Object.fromEntries(entries) as Record<LimitName, number | 'default'>;
}
