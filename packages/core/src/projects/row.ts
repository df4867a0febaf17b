import { query, type Projects } from '@headgate/db';
import type { Selectable } from 'kysely';
import type { CidrEntry, Project } from '@headgate/schema';
import { idSuffix, type Id } from '@headgate/schema';
import type { Settings } from '../context.ts';

/** A project as it is read. */
export type ProjectRow = Omit<Selectable<Projects>, 'allowed_cidrs'> & {
  readonly allowed_cidrs: CidrEntry[] | null;
};

/** Reads projects with what their view needs. */
export const selectProjects = query
  .selectFrom('projects')
  .selectAll('projects')
  .$narrowType<{ allowed_cidrs: CidrEntry[] | null }>();

/** The host that the applications of a project connect to. Its label is the project's id in the letters of DNS. */
export function proxyHost(projectId: string, { proxyDomain }: Settings): string {
  return `prj-${idSuffix(projectId as Id<'prj'>)}.${proxyDomain}`;
}

/** A project as its callers see it, built field by field. */
export function projectView(row: ProjectRow, settings: Settings): Project {
  return {
    id: row.id,
    org_id: row.org_id,
    name: row.name,
    ...(row.description !== null && { description: row.description }),
    ...(row.tags !== null && { tags: row.tags }),
    cloud: row.cloud,
    self_hosted: row.self_hosted,
    proxy_host: proxyHost(row.id, settings),
    ...(row.allowed_cidrs !== null && { allowed_cidrs: row.allowed_cidrs.map(cidrView) }),
    database_count: row.database_count,
    status: row.status,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

function cidrView({ cidr, label }: CidrEntry): CidrEntry {
  return { cidr, ...(label !== undefined && { label }) };
}

/** The version of what the view shows, and so of the number of databases too. */
export function projectEtag(row: Pick<ProjectRow, 'version' | 'database_count'>): string {
  return `"${row.version}-${row.database_count}"`;
}
