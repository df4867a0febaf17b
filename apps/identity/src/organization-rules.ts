import { APIError } from 'better-auth/api';
import { organization } from 'better-auth/plugins/organization';
import type { Database } from './database.ts';
import { ORGANIZATIONS_PER_USER_MAX } from './orgs-claim.ts';
import { organizationAccess } from './roles.ts';

/** Names are shown in dashboards and travel in tokens. */
const NAME_MAX_LENGTH = 64;
/** A slug can stand as a DNS label. */
const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Better Auth reads at most a hundred rows when it looks for the last owner, so no organization may outgrow that. */
const MEMBERS_MAX = 100;
const PENDING_INVITATIONS_MAX = 100;
const INVITATION_TTL_SECONDS = 7 * 86_400;
/**
 * What an invitation may grant. Addresses are not verified here, so whoever learns an invitation's id and signs up
 * with its address can accept it: ownership is given by an owner to a member who is already in. One role exactly,
 * because Better Auth compares the parts of a list untrimmed and would let an admin invite an `" owner"`.
 */
const INVITABLE_ROLES: readonly string[] = ['admin', 'member', 'viewer'];

/** Better Auth's organizations with this service's roles, limits and names. */
export function organizationPlugin(db: Database) {
  return organization({
    ...organizationAccess,
    creatorRole: 'owner',
    organizationLimit: ORGANIZATIONS_PER_USER_MAX,
    membershipLimit: MEMBERS_MAX,
    invitationLimit: PENDING_INVITATIONS_MAX,
    invitationExpiresIn: INVITATION_TTL_SECONDS,
    organizationHooks: {
      beforeCreateOrganization: async ({ organization }) => checkNames(organization),
      beforeUpdateOrganization: async ({ organization }) => checkNames(organization),
      beforeCreateInvitation: async ({ invitation }) => {
        if (INVITABLE_ROLES.includes(invitation.role)) return;
        throw refusal(
          'INVALID_ROLE',
          `Give one role of ${INVITABLE_ROLES.join(', ')}; an owner is made of a member.`,
        );
      },
      beforeAcceptInvitation: async ({ user }) => {
        if ((await countMemberships(db, user.id)) < ORGANIZATIONS_PER_USER_MAX) return;
        throw refusal(
          'LIMIT_EXCEEDED',
          `Leave an organization first; ${ORGANIZATIONS_PER_USER_MAX} is the most.`,
        );
      },
    },
  });
}

function checkNames({ name, slug }: { name?: string; slug?: string }): void {
  if (name !== undefined && name.length > NAME_MAX_LENGTH) {
    throw refusal('INVALID_NAME', `Choose a name of at most ${NAME_MAX_LENGTH} characters.`);
  }
  if (slug !== undefined && !SLUG.test(slug)) {
    throw refusal('INVALID_SLUG', 'Choose a slug of 1 to 63 lower-case letters, digits and inner hyphens.');
  }
}

function refusal(code: string, message: string): APIError {
  return new APIError('BAD_REQUEST', { code, message });
}

async function countMemberships(db: Database, userId: string): Promise<number> {
  const row = await db
    .selectFrom('member')
    .where('userId', '=', userId)
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}
