import { prepare, query, type TenantTransaction } from '@headgate/db';
import type { OrganizationLimits } from '@headgate/schema';
import { countApiKeys } from '../api-keys/count-api-keys.ts';
import type { Clock, Settings } from '../context.ts';
import { LIMIT_COLUMNS, allowedBy, type LimitOverrides } from './limits.ts';

/** What an organization has of each kind, and what its operator has said of its limits. */
export interface Usage {
  readonly overrides: LimitOverrides;
  readonly projects: number;
  readonly databases: number;
  readonly replicas: number;
  readonly domains: number;
  readonly apiKeys: number;
}

const fullestProject = (orgId: string) =>
  query
    .selectFrom('projects')
    .where('org_id', '=', orgId)
    .where('deleted_at', 'is', null)
    .select((eb) => eb.fn.max('database_count').as('used'));

/** `offset 0` keeps the counting apart, so that only the first databases are looked up: those deleted are passed over. */
const fullestDatabase = (orgId: string) =>
  query
    .selectFrom(
      query
        .selectFrom('replicas')
        .where('org_id', '=', orgId)
        .where('deleted_at', 'is', null)
        .groupBy('database_id')
        .select('database_id')
        .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('used'))
        .orderBy('used', 'desc')
        .offset(0)
        .as('counted'),
    )
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('databases')
          .whereRef('databases.id', '=', 'counted.database_id')
          .where('databases.deleted_at', 'is', null),
      ),
    )
    .select('used')
    .orderBy('used', 'desc')
    .limit(1);

const domains = (orgId: string) =>
  query
    .selectFrom('custom_domains')
    .where('org_id', '=', orgId)
    .where('deleted_at', 'is', null)
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('used'));

/** An organization of which nothing is known yet has its row too: what was asked for, beside nothing. */
const count = prepare((orgId: string) =>
  query
    .selectFrom(query.selectNoFrom((eb) => eb.cast<string>(eb.val(orgId), 'text').as('id')).as('asked'))
    .leftJoin('organizations', 'organizations.org_id', 'asked.id')
    .select(['project_count', ...Object.values(LIMIT_COLUMNS)])
    .select([
      fullestProject(orgId).as('databases'),
      fullestDatabase(orgId).as('replicas'),
      domains(orgId).as('domains'),
    ]),
);

/**
 * Counts what is living of an organization. Each project knows how many databases it has; the rest is counted from
 * indexes alone. It is asked for by people, not with every request.
 */
export async function readUsage(
  tx: Pick<TenantTransaction, 'run'>,
  { orgId, clock }: { readonly orgId: string; readonly clock: Clock },
): Promise<Usage> {
  const [[row], apiKeys] = await Promise.all([tx.run(count(orgId)), countApiKeys(tx, { orgId, clock })]);
  if (row === undefined) throw new Error('the usage of an organization could not be counted');
  const { project_count: projects, databases, replicas, domains: ofDomains, ...overrides } = row;
  return {
    overrides,
    apiKeys,
    projects: projects ?? 0,
    databases: databases ?? 0,
    replicas: replicas ?? 0,
    domains: ofDomains ?? 0,
  };
}

/** The limits of an organization as its callers see them, built field by field. */
export function limitsView(orgId: string, usage: Usage, settings: Settings): OrganizationLimits {
  const allowed = (limit: keyof typeof LIMIT_COLUMNS) =>
    allowedBy(settings, limit, usage.overrides[LIMIT_COLUMNS[limit]]);
  return {
    org_id: orgId,
    limits: {
      projects: { used: usage.projects, allowed: allowed('projects') },
      databases_per_project: { used: usage.databases, allowed: allowed('databases_per_project') },
      replicas_per_database: { used: usage.replicas, allowed: allowed('replicas_per_database') },
      custom_domains: { used: usage.domains, allowed: allowed('custom_domains') },
      api_keys: { used: usage.apiKeys, allowed: allowed('api_keys') },
      requests_per_second: { allowed: allowed('requests_per_second') },
    },
  };
}
