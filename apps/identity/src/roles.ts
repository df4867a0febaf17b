import { createAccessControl } from 'better-auth/plugins/access';

/** The roles of an organization's members, strongest first. */
const ROLES = ['owner', 'admin', 'member', 'viewer'] as const;

/** One of the four roles; what it allows in the control plane is the control plane's to say. */
export type Role = (typeof ROLES)[number];

/** What may be done to an organization here. Better Auth checks these names. */
const access = createAccessControl({
  organization: ['update', 'delete'],
  member: ['create', 'update', 'delete'],
  invitation: ['create', 'cancel'],
});

const manage = {
  member: ['create', 'update', 'delete'],
  invitation: ['create', 'cancel'],
} as const;

/** Access control for Better Auth's organization plugin. Members and viewers differ in the control plane, not here. */
export const organizationAccess = {
  ac: access,
  roles: {
    owner: access.newRole({ organization: ['update', 'delete'], ...manage }),
    admin: access.newRole({ organization: ['update'], ...manage }),
    member: access.newRole({}),
    viewer: access.newRole({}),
  },
};

/**
 * Reduces a stored role list such as `"admin,member"` to its strongest role, or null when it names none.
 *
 * The parts are compared as they stand: Better Auth grants nothing for `" owner"`, so neither may a token.
 */
export function strongestRole(stored: string): Role | null {
  const parts = stored.split(',');
  return ROLES.find((role) => parts.includes(role)) ?? null;
}

/** Whether the first role is at least as strong as the second. */
export function isAtLeast(role: Role, floor: Role): boolean {
  return ROLES.indexOf(role) <= ROLES.indexOf(floor);
}
