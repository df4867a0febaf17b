import { insert, prepare, query, type TenantTransaction } from '@headgate/db';
import { newId, type ApiKey, type CreateApiKey, type Role } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import { authorizeOrganization, inside } from '../authorize.ts';
import type { Context, Verb } from '../context.ts';
import { HeadgateError, invalidInput, notFound, unauthorized } from '../errors.ts';
import { mutate } from '../mutate.ts';
import { checkLimit, holdOrganization } from '../organizations/limits.ts';
import { isScopeOf } from '../policy.ts';
import { lookupOwner } from '../projects/lookup-owner.ts';
import { countApiKeys } from './count-api-keys.ts';
import { tellMembers } from './learn-roles.ts';
import { userOf } from './lookup-api-key.ts';
import { apiKeyEtag, apiKeyView, type ApiKeyRow } from './row.ts';
import { newApiKeyToken } from './token.ts';

interface Create {
  readonly orgId: string;
  readonly key: CreateApiKey;
}

const ACTION = 'apiKey.create';

/** Makes a key, and shows it this once. */
export async function createApiKey({ ctx, input }: Verb<Create>): Promise<Answer<ApiKey>> {
  const { key: given } = input;
  const organization = authorizeOrganization(ctx, input.orgId, ACTION);
  const { role } = organizationOf(ctx, organization.org_id);
  checkInput(ctx, given);
  checkReach(ctx, role, given);
  const { token, hash, hint } = newApiKeyToken(given.project_id === undefined ? 'organization' : 'project');
  const row = newRow(ctx, organization.org_id, given, hint);
  const view = apiKeyView(row);
  return await mutate(ctx, ACTION, async (tx) => {
    if (given.project_id !== undefined) await checkProject(ctx, tx, row.org_id, given.project_id);
    if (row.parent_key_id !== null) await holdParent(tx, row.parent_key_id);
    const { max_api_keys: own } = await holdOrganization(tx, organization);
    checkLimit(ctx, 'api_keys', {
      used: await countApiKeys(tx, { orgId: row.org_id, clock: ctx.clock }),
      own,
    });
    return {
      on: inside(organization, row),
      writes: [insert('api_keys', { ...row, hash }), memberTold(ctx, row, role)],
      audit: [
        {
          action: ACTION,
          orgId: row.org_id,
          projectId: row.project_id,
          resource: { kind: 'api_key', id: row.id },
          after: view,
        },
      ],
      answer: { view, etag: apiKeyEtag(row), secret: token },
    };
  });
}

function newRow(ctx: Context, orgId: string, given: CreateApiKey, hint: string): ApiKeyRow {
  const now = ctx.clock.now();
  return {
    id: newId('key'),
    org_id: orgId,
    project_id: given.project_id ?? null,
    name: given.name,
    hint,
    scopes: given.scopes,
    owner_id: userOf(ctx.actor),
    parent_key_id: ctx.actor.kind === 'api_key' ? ctx.actor.id : null,
    expires_at: given.expires_at === undefined ? null : new Date(given.expires_at),
    last_used_at: null,
    revoked_at: null,
    version: 1,
    created_at: now,
    updated_at: now,
  };
}

function organizationOf({ actor }: Context, orgId: string) {
  const organization = actor.organizations.find(({ id }) => id === orgId);
  if (organization === undefined) throw new Error('an authorized organization is not one of the actor');
  return organization;
}

/** The role that the key's owner has as far as the caller's credential tells, unless a newer one has told another. */
function memberTold({ actor, clock }: Context, { org_id, owner_id }: ApiKeyRow, role: Role) {
  const told_at = actor.kind === 'operator' ? clock.now() : actor.toldAt;
  return tellMembers([{ org_id, user_id: owner_id, role, told_at }]);
}

function checkInput(ctx: Context, given: CreateApiKey): void {
  if (given.expires_at !== undefined && new Date(given.expires_at) <= ctx.clock.now())
    throw invalidInput([{ field: 'expires_at', message: 'must be in the future' }]);
  const index = given.scopes.findIndex((scope) => scope.startsWith('keys:'));
  if (given.project_id === undefined || index === -1) return;
  throw invalidInput([
    {
      field: `scopes[${index}]`,
      message: 'is for keys of the organization: leave it out, or leave project_id out',
    },
  ]);
}

/** A key is given no more than whoever makes it has: neither scopes, nor time. */
function checkReach({ actor }: Context, role: Role, given: CreateApiKey): void {
  const beyondRole = given.scopes.find((scope) => !isScopeOf(role, scope));
  if (beyondRole !== undefined) {
    throw new HeadgateError(
      'FORBIDDEN',
      `Your role in this organization (${role}) permits nothing of the scope ${beyondRole}. Leave it out, or ask an owner or admin.`,
    );
  }
  if (actor.kind !== 'api_key') return;
  const beyondKey = given.scopes.find((scope) => !actor.scopes.includes(scope));
  if (beyondKey !== undefined) {
    throw new HeadgateError(
      'FORBIDDEN',
      `This key does not hold the scope ${beyondKey} and cannot give it. Leave it out, or sign in.`,
    );
  }
  if (actor.expiresAt === null) return;
  if (given.expires_at === undefined || new Date(given.expires_at) > actor.expiresAt) {
    const latest = actor.expiresAt.toISOString();
    throw new HeadgateError(
      'FORBIDDEN',
      `A key that this key makes cannot outlive it. Give an expires_at no later than ${latest}, or sign in.`,
    );
  }
}

const livingKey = prepare((id: string) =>
  query.selectFrom('api_keys').select('id').where('id', '=', id).where('revoked_at', 'is', null).forShare(),
);

/** Whoever revokes the key that makes this one waits, and then finds this one too. */
async function holdParent({ run }: Pick<TenantTransaction, 'run'>, keyId: string): Promise<void> {
  const [parent] = await run(livingKey(keyId));
  if (parent === undefined) throw unauthorized('The API key was revoked. Create another.');
}

/** The project that a key is confined to is one of the key's organization, and stays while the key is made. */
async function checkProject(
  ctx: Context,
  tx: TenantTransaction,
  orgId: string,
  projectId: string,
): Promise<void> {
  const project = await lookupOwner(ctx, tx, { id: projectId, action: ACTION, to: 'add' });
  if (project.org_id !== orgId) throw notFound('project');
}
