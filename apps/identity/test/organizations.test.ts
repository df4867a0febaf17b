import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUTH_ROUTES } from '../src/routes.ts';
import { createTestDatabase } from './postgres.ts';
import {
  createOrganization,
  join,
  openInstance,
  signUp,
  type Actor,
  type Answer,
  type Instance,
} from './support.ts';

let instance: Instance;
let owner: Actor;
let admin: Actor;
let member: Actor;
let viewer: Actor;
let stranger: Actor;
let org: { id: string; slug: string };
let ownerId: string;
let viewerId: string;
let pendingId: string;

beforeAll(async () => {
  instance = await openInstance((await createTestDatabase()).url);
  owner = await signUp(instance, 'owner');
  admin = await signUp(instance, 'admin');
  member = await signUp(instance, 'member');
  viewer = await signUp(instance, 'viewer');
  stranger = await signUp(instance, 'stranger');
  org = await createOrganization(instance, owner);
  await createOrganization(instance, stranger);
  await join(instance, [owner, admin], org.id, 'admin');
  await join(instance, [owner, member], org.id, 'member');
  viewerId = await join(instance, [owner, viewer], org.id, 'viewer');
  ownerId = await memberIdOf(owner);
  pendingId = (await invite(owner, 'pending@example.com', 'admin')).body.id;
});
afterAll(async () => await instance.close());

const post = async (actor: Actor, path: string, body: object): Promise<Answer> =>
  await instance.call(`/auth/organization/${path}`, { bearer: actor.bearer, body });
const get = async (actor: Actor, path: string): Promise<Answer> =>
  await instance.call(`/auth/organization/${path}`, { bearer: actor.bearer });
const invite = async (actor: Actor, email: string, role: unknown): Promise<Answer> =>
  await post(actor, 'invite-member', { email, role, organizationId: org.id });

async function memberIdOf(actor: Actor): Promise<string> {
  const row = await instance.db
    .selectFrom('member')
    .select('id')
    .where('userId', '=', actor.id)
    .where('organizationId', '=', org.id)
    .executeTakeFirstOrThrow();
  return row.id;
}

describe('a stranger', () => {
  /** Every operation that can refer to something of a tenant, with another tenant's ids and with missing ones. */
  const attempts: Record<string, (ids: Ids) => Promise<Answer>> = {
    update: async (ids) =>
      await post(stranger, 'update', { organizationId: ids.org, data: { name: 'Mine' } }),
    delete: async (ids) => await post(stranger, 'delete', { organizationId: ids.org }),
    'set-active': async (ids) => await post(stranger, 'set-active', { organizationId: ids.org }),
    'set-active by slug': async (ids) => await post(stranger, 'set-active', { organizationSlug: ids.slug }),
    'invite-member': async (ids) =>
      await post(stranger, 'invite-member', {
        email: stranger.email,
        role: 'admin',
        organizationId: ids.org,
      }),
    'accept-invitation': async (ids) =>
      await post(stranger, 'accept-invitation', { invitationId: ids.invitation }),
    'reject-invitation': async (ids) =>
      await post(stranger, 'reject-invitation', { invitationId: ids.invitation }),
    'cancel-invitation': async (ids) =>
      await post(stranger, 'cancel-invitation', { invitationId: ids.invitation }),
    'update-member-role': async (ids) =>
      await post(stranger, 'update-member-role', {
        memberId: ids.member,
        role: 'viewer',
        organizationId: ids.org,
      }),
    'update-member-role in the active organization': async (ids) =>
      await post(stranger, 'update-member-role', { memberId: ids.member, role: 'viewer' }),
    'remove-member': async (ids) => await post(stranger, 'remove-member', { memberIdOrEmail: ids.member }),
    'remove-member by address': async (ids) =>
      await post(stranger, 'remove-member', { memberIdOrEmail: owner.email, organizationId: ids.org }),
    leave: async (ids) => await post(stranger, 'leave', { organizationId: ids.org }),
    'get-organization': async (ids) => await get(stranger, `get-organization?organizationId=${ids.org}`),
    'get-organization by slug': async (ids) =>
      await get(stranger, `get-organization?organizationSlug=${ids.slug}`),
    'get-invitation': async (ids) => await get(stranger, `get-invitation?id=${ids.invitation}`),
    'list-invitations': async (ids) => await get(stranger, `list-invitations?organizationId=${ids.org}`),
    'list-members': async (ids) => await get(stranger, `list-members?organizationId=${ids.org}`),
    'list-members by slug': async (ids) => await get(stranger, `list-members?organizationSlug=${ids.slug}`),
  };
  interface Ids {
    org: string;
    slug: string;
    invitation: string;
    member: string;
  }
  const missing: Ids = {
    org: 'm'.repeat(32),
    slug: 'missing',
    invitation: 'm'.repeat(32),
    member: 'm'.repeat(32),
  };

  it.each(Object.keys(attempts))(
    'gets the same 404 for %s with foreign ids as with missing ones',
    async (name) => {
      const attempt = attempts[name]!;
      const foreign = await attempt({ org: org.id, slug: org.slug, invitation: pendingId, member: ownerId });
      const absent = await attempt(missing);
      const strip = ({ status, body }: Answer): unknown => ({
        status,
        body: { ...body, error: { ...body.error, request_id: '' } },
      });
      expect(foreign.status).toBe(404);
      expect(strip(foreign)).toEqual(strip(absent));
    },
  );

  it('is tried on every served operation that refers to a tenant', () => {
    const tried = new Set(Object.keys(attempts).map((name) => `/organization/${name.split(' ')[0]}`));
    const withoutReference = ['/organization/create', '/organization/list'];
    const served = [...AUTH_ROUTES.GET, ...AUTH_ROUTES.POST].filter((path) =>
      path.startsWith('/organization/'),
    );
    expect(served.filter((path) => !tried.has(path)).toSorted()).toEqual(withoutReference);
  });

  it('does not find the organization in its list, and changed nothing', async () => {
    expect((await get(stranger, 'list')).body.map((entry: { id: string }) => entry.id)).not.toContain(org.id);
    const full = await get(owner, `get-organization?organizationId=${org.id}`);
    expect(full.body.name).toBe(`Org ${org.slug}`);
    expect((await get(owner, `list-members?organizationId=${org.id}`)).body.total).toBe(4);
  });
});

describe('a viewer', () => {
  it.each(['admin', 'member', 'viewer'])('cannot invite a %s', async (role) => {
    expect((await invite(viewer, 'new@example.com', role)).status).toBe(403);
  });

  it('cannot change or delete the organization, nor anybody’s role', async () => {
    expect((await post(viewer, 'update', { organizationId: org.id, data: { name: 'X' } })).status).toBe(403);
    expect((await post(viewer, 'delete', { organizationId: org.id })).status).toBe(403);
    const rise = { memberId: viewerId, role: 'owner', organizationId: org.id };
    expect((await post(viewer, 'update-member-role', rise)).status).toBe(403);
    expect((await post(viewer, 'update-member-role', { ...rise, role: 'admin' })).status).toBe(403);
    expect(
      (await post(viewer, 'remove-member', { memberIdOrEmail: ownerId, organizationId: org.id })).status,
    ).toBeGreaterThanOrEqual(400);
    expect(await memberIdOf(owner)).toBe(ownerId);
  });

  it('can see the organization and its members', async () => {
    expect((await get(viewer, `get-organization?organizationId=${org.id}`)).body.id).toBe(org.id);
    expect((await get(viewer, `list-members?organizationId=${org.id}`)).body.members).toHaveLength(4);
  });
});

describe('invitations', () => {
  it('are listed for owners and admins only, because their ids open the door', async () => {
    const listed = async (actor: Actor): Promise<number> =>
      (await get(actor, `list-invitations?organizationId=${org.id}`)).status;
    expect(await Promise.all([owner, admin, member, viewer].map(listed))).toEqual([200, 200, 403, 403]);
    await post(viewer, 'set-active', { organizationId: org.id });
    expect((await get(viewer, 'list-invitations')).status).toBe(403);
    expect((await get(viewer, `list-invitations?organizationId=${org.id}&organizationId=x`)).status).toBe(
      400,
    );
  });

  it.each([
    [' owner'],
    ['owner'],
    ['admin, owner'],
    ['admin,owner'],
    [['admin', ' owner']],
    ['admin,member'],
    ['boss'],
    [''],
  ])('grant exactly one role below owner: %j is refused', async (role) => {
    for (const inviter of [owner, admin])
      expect((await invite(inviter, 'climber@example.com', role)).status).toBeGreaterThanOrEqual(400);
    expect(
      await instance.db
        .selectFrom('invitation')
        .select('id')
        .where('email', '=', 'climber@example.com')
        .execute(),
    ).toEqual([]);
  });

  it('admit only the invited address, once', async () => {
    const guest = await signUp(instance);
    const { body } = await invite(owner, guest.email, 'member');
    expect((await post(viewer, 'accept-invitation', { invitationId: body.id })).status).toBe(403);
    expect((await post(guest, 'accept-invitation', { invitationId: body.id })).status).toBe(200);
    expect((await post(guest, 'accept-invitation', { invitationId: body.id })).status).toBe(400);
    await post(guest, 'leave', { organizationId: org.id });
  });
});

describe('ownership', () => {
  it('cannot be taken by an admin, and the last owner can neither leave nor step down', async () => {
    const own = { memberId: ownerId, role: 'member', organizationId: org.id };
    expect((await post(admin, 'update-member-role', own)).status).toBe(403);
    expect(
      (await post(admin, 'update-member-role', { ...own, memberId: await memberIdOf(admin), role: 'owner' }))
        .status,
    ).toBe(403);
    expect((await post(admin, 'delete', { organizationId: org.id })).status).toBe(403);
    expect((await post(owner, 'leave', { organizationId: org.id })).status).toBe(400);
    expect((await post(owner, 'update-member-role', own)).status).toBe(400);
  });

  it('allows to rename and delete', async () => {
    const other = await createOrganization(instance, owner);
    expect(
      (await post(owner, 'update', { organizationId: other.id, data: { name: 'Renamed' } })).body.name,
    ).toBe('Renamed');
    expect((await post(owner, 'delete', { organizationId: other.id })).status).toBe(200);
    expect((await get(owner, `get-organization?organizationId=${other.id}`)).status).toBe(404);
  });
});

describe('limits', () => {
  it.each([
    ['a long name', { name: 'n'.repeat(65), slug: 'fine' }],
    ['an upper-case slug', { name: 'n', slug: 'Acme' }],
    ['a slug with a blank', { name: 'n', slug: 'a b' }],
    ['a long slug', { name: 'n', slug: 's'.repeat(64) }],
  ])('refuse %s', async (_what, body) => {
    expect((await post(stranger, 'create', body)).status).toBe(400);
  });

  it('keep one user’s organizations, and so the token, within twenty', async () => {
    const user = await signUp(instance);
    for (let count = 0; count < 20; count += 1) await createOrganization(instance, user);
    expect((await post(user, 'create', { name: 'One more', slug: 'one-more' })).status).toBe(403);
    const { body } = await invite(owner, user.email, 'viewer');
    expect((await post(user, 'accept-invitation', { invitationId: body.id })).body.code).toBe(
      'LIMIT_EXCEEDED',
    );
  });
});
