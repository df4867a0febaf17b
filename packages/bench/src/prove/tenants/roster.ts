import type { Role } from '@headgate/schema';
import type { Stand } from '../stand/stand.ts';
import type { Actor } from './model/actors.ts';
import type { Tenant } from './world.ts';

const PEOPLE: readonly Role[] = ['owner', 'admin', 'member', 'viewer'];
/** Every so many tenants two of them share a person. */
const SHARING_INTERVAL = 5;
/** Every so many tenants one has two lanes. */
const TWO_LANES_INTERVAL = 4;
/** A third of what a token lives. */
const TOKEN_KEPT_MS = 300_000;

/** So many organizations, with people in each role, some of whom are in two organizations. */
export function recruit(stand: Stand, count: number): Tenant[] {
  const orgIds = Array.from({ length: count }, () => stand.tenant().orgId);
  return orgIds.map((orgId, index) => {
    const people = PEOPLE.map((role) =>
      createPerson(stand, `user_${role}_${orgId}`, { orgId, role, memberships: [{ orgId, role }] }),
    );
    const [owner] = people;
    if (owner === undefined) throw new Error('an organization without an owner');
    return {
      model: { orgId, rows: [], entries: [] },
      people: [...people, ...guestsOf(stand, orgIds, index)],
      owner,
      laneCount: index % TWO_LANES_INTERVAL === 0 ? 2 : 1,
    };
  });
}

/** Of two organizations that share a person, the first has it as a member and the second as somebody who only looks. */
function guestsOf(stand: Stand, orgIds: readonly string[], index: number): Actor[] {
  const first = index - (index % SHARING_INTERVAL);
  const [orgId, here, there] = [orgIds[index], orgIds[first], orgIds[first + 1]];
  if (orgId === undefined || here === undefined || there === undefined || index > first + 1) return [];
  const memberships = [
    { orgId: here, role: 'member' as const },
    { orgId: there, role: 'viewer' as const },
  ];
  const role = orgId === here ? 'member' : 'viewer';
  return [createPerson(stand, `user_guest_${here}`, { orgId, role, memberships })];
}

interface Person {
  readonly orgId: string;
  readonly role: Role;
  readonly memberships: readonly { readonly orgId: string; readonly role: Role }[];
}

function createPerson(stand: Stand, id: string, { role, memberships }: Person): Actor {
  const organizations = memberships.map((each) => ({
    ...{ id: each.orgId, name: `The ${each.orgId}`, slug: each.orgId },
    role: each.role,
  }));
  let kept: { readonly token: Promise<string>; readonly until: number } | undefined;
  const token = async () => {
    if (kept === undefined || kept.until < Date.now()) {
      kept = { token: stand.issuer.token({ subject: id, organizations }), until: Date.now() + TOKEN_KEPT_MS };
    }
    return await kept.token;
  };
  return {
    ...{ kind: 'user', id, userId: id, role, organizations },
    credential: async () => ['authorization', `Bearer ${await token()}`],
  };
}
