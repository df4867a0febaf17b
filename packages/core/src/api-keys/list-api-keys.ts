import type { ApiKeyList } from '@headgate/schema';
import { authorizeOrganization } from '../authorize.ts';
import type { Verb } from '../context.ts';
import { decodeCursor, encodeCursor, toPage, type Order, type PageInput } from '../page.ts';
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
  const cursor = decodeCursor(ctx, listing, input.page_token);
  let keys = selectApiKeys
    .where('org_id', '=', organization.org_id)
    .where('revoked_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(input.page_size + 1);
  if (owner !== undefined) keys = keys.where('owner_id', '=', owner);
  if (cursor) {
    const before = new Date(cursor.key);
    keys = keys.where((eb) => eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(before, cursor.id)));
  }
  const { page, nextPageToken } = toPage(await reader(ctx).run(keys), input.page_size, (row) =>
    encodeCursor(ctx, listing, { key: row.created_at.toISOString(), id: row.id }),
  );
  return {
    api_keys: page.map(apiKeyView),
    ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
  };
}
