import type { Database } from './database.ts';
import { isAtLeast, strongestRole, type Role } from './roles.ts';

/** One entry of the `orgs` claim. */
export interface OrgClaim {
  id: string;
  name: string;
  slug: string;
  role: Role;
}

/**
 * How many organizations one user may belong to. The claim travels in a header of every request to the control
 * plane, and Node.js refuses headers beyond 16 KiB; twenty entries with the longest names stay under that.
 */
export const ORGANIZATIONS_PER_USER_MAX = 20;

/** Reads a user's organizations as they stand now, oldest membership first. */
export async function readOrgsClaim(db: Database, userId: string): Promise<OrgClaim[]> {
  const rows = await db
    .selectFrom('member')
    .innerJoin('organization', 'organization.id', 'member.organizationId')
    .where('member.userId', '=', userId)
    .select(['organization.id', 'organization.name', 'organization.slug', 'member.role'])
    .orderBy('member.createdAt')
    .orderBy('member.id')
    .limit(ORGANIZATIONS_PER_USER_MAX)
    .execute();
  const claims = new Map<string, OrgClaim>();
  for (const row of rows) {
    const role = strongestRole(row.role);
    const known = claims.get(row.id);
    // No constraint keeps a member from standing twice in Better Auth's table; the stronger row counts.
    if (role !== null && (known === undefined || isAtLeast(role, known.role)))
      claims.set(row.id, { ...row, role });
  }
  return [...claims.values()];
}
