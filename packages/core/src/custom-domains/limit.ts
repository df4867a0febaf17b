import { prepare, query, type TenantTransaction } from '@headgate/db';
import type { Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { HeadgateError } from '../errors.ts';
import { checkLimit, holdOrganization } from '../organizations/limits.ts';
import type { Action } from '../policy.ts';

const count = prepare((orgId: string) =>
  query
    .selectFrom('custom_domains')
    .where('org_id', '=', orgId)
    .where('deleted_at', 'is', null)
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('used')),
);

/**
 * Makes sure that an organization may have so many more custom domains. It is held by then, and counted by a later
 * statement, which sees what it has waited for; so no two pass the limit together.
 *
 * @throws HeadgateError LIMIT_EXCEEDED, which names the limit
 */
export async function checkDomainLimit(
  ctx: Context,
  tx: Pick<TenantTransaction, 'run'>,
  owner: Authorized<{ readonly org_id: string }, Action>,
  { adding }: { readonly adding: number },
): Promise<void> {
  const organization = await holdOrganization(tx, owner);
  const own = organization.max_custom_domains;
  const [counted] = await tx.run(count(owner.org_id));
  const used = counted?.used ?? 0;
  checkLimit(ctx, 'custom_domains', { used, own });
  const allowed = own ?? ctx.settings.limits.custom_domains;
  if (used + adding <= allowed) return;
  throw new HeadgateError(
    'LIMIT_EXCEEDED',
    `The limit custom_domains is ${allowed}; there are ${used} custom domains in this organization, and this would bring back ${adding}. Delete some, or ask the operator of this service for a higher limit.`,
  );
}
