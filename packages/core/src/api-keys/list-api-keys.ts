import type { ApiKeyList } from '@headgate/schema';
import { authorizeOrganization } from '../authorize.ts';
import type { Verb } from '../context.ts';
import { readNewestFirst } from '../newest-first.ts';
import type { Order, PageInput } from '../page.ts';
import { reader } from '../reader.ts';
import { onlyOwner } from './lookup-api-key.ts';
import { apiKeyView, selectApiKeys } from './row.ts';

const ORDER: Order = { name: 'API keys by created_at', kind: 'key', key: 'time' };

interface ListApiKeys extends PageInput {
  readonly orgId: string;
}

/** The keys of an organization that were not revoked, newest first; to those who do not answer for it, their own. */
export async function listApiKeys({ ctx, input }: Verb<ListApiKeys>): Promise<ApiKeyList> {
  const organization = authorizeOrganization(ctx, input.orgId, 'apiKey.list');
  const owner = onlyOwner(ctx, input.orgId);
  const listing = { order: ORDER, of: JSON.stringify([organization.org_id, owner]) };
  const living = selectApiKeys.where('org_id', '=', organization.org_id).where('revoked_at', 'is', null);
  const rows = owner === undefined ? living : living.where('owner_id', '=', owner);
  const { page_token: token, page_size: size } = input;
  const { page, next } = await readNewestFirst(ctx, reader(ctx), { rows, listing, token, size });
  return { api_keys: page.map(apiKeyView), ...next };
}
