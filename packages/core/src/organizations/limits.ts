import { query, prepare, type Organizations, type TenantTransaction } from '@headgate/db';
import type { LimitName } from '@headgate/schema';
import type { Selectable } from 'kysely';
import type { Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { HeadgateError } from '../errors.ts';
import type { Action } from '../policy.ts';

/** What is known of an organization here. */
type OrganizationRow = Selectable<Organizations>;

/** The column in which an operator's own word on each limit stands. */
export const LIMIT_COLUMNS = {
  projects: 'max_projects',
  databases_per_project: 'max_databases_per_project',
  replicas_per_database: 'max_replicas_per_database',
  custom_domains: 'max_custom_domains',
  api_keys: 'max_api_keys',
  requests_per_second: 'max_requests_per_second',
} as const satisfies Record<LimitName, keyof OrganizationRow>;

/** An operator's own words; null where the default holds. */
export type LimitOverrides = Readonly<Record<(typeof LIMIT_COLUMNS)[LimitName], number | null>>;

/** Each limit in the words of a refusal. */
const NOUNS: Record<LimitName, string> = {
  projects: 'projects in this organization',
  databases_per_project: 'databases in this project',
  replicas_per_database: 'replicas of this database',
  custom_domains: 'custom domains in this organization',
  api_keys: 'API keys in this organization',
  requests_per_second: 'requests per second',
};

/** How much is allowed: what the operator says of this organization, else the default. */
export function allowedBy(
  settings: Context['settings'],
  limit: LimitName,
  own: number | null | undefined,
): number {
  return own ?? settings.limits[limit];
}

/**
 * Refuses one more when there are as many as allowed. `own` is the operator's word for this organization, null when
 * the default holds.
 *
 * @throws HeadgateError LIMIT_EXCEEDED, which names the limit
 */
export function checkLimit(
  { settings }: Pick<Context, 'settings'>,
  limit: LimitName,
  { used, own }: { readonly used: number; readonly own: number | null | undefined },
): void {
  const allowed = allowedBy(settings, limit, own);
  if (used < allowed) return;
  throw new HeadgateError(
    'LIMIT_EXCEEDED',
    `The limit ${limit} is ${allowed}, and there are ${used} ${NOUNS[limit]}. Delete one, or ask the operator of this service for a higher limit.`,
  );
}

const hold = prepare((orgId: string) =>
  query
    .insertInto('organizations')
    .values({ org_id: orgId })
    .onConflict((conflict) =>
      conflict.column('org_id').doUpdateSet((eb) => ({ org_id: eb.ref('excluded.org_id') })),
    )
    .returningAll(),
);

/**
 * Holds an organization until the transaction ends, so that no two pass one of its limits together. Whoever holds
 * several things holds a project first, then a database, and the organization last.
 */
export async function holdOrganization(
  { run }: Pick<TenantTransaction, 'run'>,
  organization: Authorized<{ readonly org_id: string }, Action>,
): Promise<OrganizationRow> {
  const [row] = await run(hold(organization.org_id));
  if (row === undefined) throw new Error('an organization could not be held');
  return row;
}
