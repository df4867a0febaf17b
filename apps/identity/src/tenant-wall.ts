import type { Context, MiddlewareHandler } from 'hono';
import { BASE_PATH, type Auth } from './auth.ts';
import type { Database } from './database.ts';
import { ShellError, type ShellEnv } from './errors.ts';
import { isAtLeast, strongestRole, type Role } from './roles.ts';

const LIST_INVITATIONS = `${BASE_PATH}/organization/list-invitations`;

/** The signed-in user and the session's chosen organization. */
interface Actor {
  userId: string;
  email: string;
  activeOrganizationId: string | null;
}

/**
 * Stands before Better Auth's organization endpoints and answers every reference to another tenant's organization,
 * member or invitation exactly as one to a missing one. Better Auth authorizes too, but answers the two differently.
 *
 * It also keeps the list of invitations from those who may not invite: whoever knows the id of an invitation and
 * signs up with its address holds its role.
 */
export function tenantWall(auth: Auth, db: Database): MiddlewareHandler<ShellEnv> {
  return async (c, next) => {
    const references = await readReferences(c);
    const actor = await readActor(auth, c);
    // Nobody's request goes on: Better Auth answers 401 whatever it refers to.
    if (actor !== null) await check(db, actor, references, c.req.path);
    await next();
  };
}

async function check(
  db: Database,
  actor: Actor,
  references: Map<string, string>,
  path: string,
): Promise<void> {
  for (const [name, value] of references) {
    if (!(await isVisible(db, actor, name, value))) {
      throw new ShellError(
        'NOT_FOUND',
        'Nothing was found under this id. Check it, and that you are a member.',
      );
    }
  }
  if (path !== LIST_INVITATIONS) return;
  const organization = references.get('organizationId') ?? actor.activeOrganizationId;
  const role = organization === null ? null : await roleIn(db, actor.userId, 'id', organization);
  if (role !== null && isAtLeast(role, 'admin')) return;
  throw new ShellError('FORBIDDEN', 'Invitations are listed for owners and admins. Ask one of them.');
}

async function isVisible(db: Database, actor: Actor, name: string, value: string): Promise<boolean> {
  switch (name) {
    case 'organizationId':
      return (await roleIn(db, actor.userId, 'id', value)) !== null;
    case 'organizationSlug':
      return (await roleIn(db, actor.userId, 'slug', value)) !== null;
    case 'memberId':
      return await isMemberVisible(db, actor, value);
    case 'memberIdOrEmail':
      // An address is looked up by Better Auth within the organization only.
      return value.includes('@') || (await isMemberVisible(db, actor, value));
    default:
      return await isInvitationVisible(db, actor, value);
  }
}

async function roleIn(db: Database, userId: string, by: 'id' | 'slug', value: string): Promise<Role | null> {
  const row = await db
    .selectFrom('organization')
    .innerJoin('member', 'member.organizationId', 'organization.id')
    .select('member.role')
    .where(`organization.${by}`, '=', value)
    .where('member.userId', '=', userId)
    .executeTakeFirst();
  return row === undefined ? null : strongestRole(row.role);
}

async function isMemberVisible(db: Database, actor: Actor, memberId: string): Promise<boolean> {
  const row = await db
    .selectFrom('member')
    .innerJoin('member as mine', 'mine.organizationId', 'member.organizationId')
    .select('member.id')
    .where('member.id', '=', memberId)
    .where('mine.userId', '=', actor.userId)
    .executeTakeFirst();
  return row !== undefined;
}

async function isInvitationVisible(db: Database, actor: Actor, invitationId: string): Promise<boolean> {
  const row = await db
    .selectFrom('invitation')
    .leftJoin('member as mine', (join) =>
      join
        .onRef('mine.organizationId', '=', 'invitation.organizationId')
        .on('mine.userId', '=', actor.userId),
    )
    .select('invitation.id')
    .where('invitation.id', '=', invitationId)
    .where((eb) => eb.or([eb('invitation.email', '=', actor.email), eb('mine.id', 'is not', null)]))
    .executeTakeFirst();
  return row !== undefined;
}

/** Collects what a request refers to, from its query and the top of its body. `id` in a query is an invitation's. */
async function readReferences(c: Context<ShellEnv>): Promise<Map<string, string>> {
  const names = ['organizationId', 'organizationSlug', 'memberId', 'memberIdOrEmail', 'invitationId'];
  const references = new Map<string, string>();
  for (const [name, values] of Object.entries(c.req.queries())) {
    // A repeated parameter could mean one thing here and another to Better Auth.
    if (values.length > 1) throw new ShellError('INVALID_INPUT', 'Give each query parameter once.');
    const value = values[0];
    if (value && (name === 'id' || names.includes(name))) references.set(name, value);
  }
  const body = parseJson(await c.req.text());
  for (const name of names) {
    const value = body[name];
    if (typeof value === 'string' && value !== '') references.set(name, value);
  }
  return references;
}

/** Malformed JSON refers to nothing; Better Auth refuses it next. */
function parseJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

async function readActor(auth: Auth, c: Context<ShellEnv>): Promise<Actor | null> {
  const found = await auth.api.getSession({ headers: c.req.raw.headers, query: { disableRefresh: true } });
  if (found === null) return null;
  const active = (found.session as { activeOrganizationId?: string | null }).activeOrganizationId;
  return {
    userId: found.user.id,
    email: found.user.email.toLowerCase(),
    activeOrganizationId: active ?? null,
  };
}
