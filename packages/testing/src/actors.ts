import { randomBytes } from 'node:crypto';
import type { TestIssuer } from './issuer.ts';

type Role = 'owner' | 'admin' | 'member' | 'viewer';

/** A person with a token, in an organization of the test's own. */
export interface TestActor {
  readonly userId: string;
  readonly orgId: string;
  readonly role: Role;
  readonly token: string;
}

/** An organization with a person in each role. No two calls share anything. */
export async function createTestOrganization(
  issuer: TestIssuer,
): Promise<Record<Role, TestActor> & { readonly orgId: string }> {
  const orgId = uniqueName('org');
  const [owner, admin, member, viewer] = await Promise.all(
    (['owner', 'admin', 'member', 'viewer'] as const).map(
      async (role) => await createTestActor(issuer, orgId, role),
    ),
  );
  if (!owner || !admin || !member || !viewer) throw new Error('a role is missing');
  return { orgId, owner, admin, member, viewer };
}

/** A person with a role in this organization. */
export async function createTestActor(issuer: TestIssuer, orgId: string, role: Role): Promise<TestActor> {
  const userId = uniqueName('user');
  const organization = { id: orgId, name: `Organization ${orgId}`, slug: orgId, role };
  return {
    userId,
    orgId,
    role,
    token: await issuer.token({ subject: userId, organizations: [organization] }),
  };
}

export function uniqueName(prefix: string): string {
  return `${prefix}_${randomBytes(8).toString('hex')}`;
}
