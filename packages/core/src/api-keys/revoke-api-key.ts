import { query, type TenantTransaction } from '@headgate/db';
import type { Authorized } from '../authorize.ts';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { later } from '../time.ts';
import { lookupApiKey, type ApiKeyPath } from './lookup-api-key.ts';
import { apiKeyEtag, apiKeyView, selectApiKeys, type ApiKeyRow } from './row.ts';

interface Revoke extends ApiKeyPath {
  readonly ifMatch?: IfMatch | undefined;
}

const ACTION = 'apiKey.revoke';

/**
 * Revokes a key for good, and with it those that were made with it: one that has leaked may have made others. Every
 * request with a key is checked against its row, so that this holds at once everywhere. To revoke one again changes
 * nothing and leaves no trace.
 */
export async function revokeApiKey({ ctx, input }: Verb<Revoke>): Promise<void> {
  const { ifMatch, ...path } = input;
  await mutate(ctx, ACTION, async (tx) => {
    const key = await lookupApiKey(ctx, tx, { ...path, action: ACTION, to: 'revoke' });
    checkIfMatch(ifMatch, apiKeyEtag(key));
    if (key.revoked_at !== null) return { on: key, writes: [], audit: [], answer: { view: undefined } };
    const keys = [key, ...(await descendants(tx, key))];
    return {
      on: key,
      writes: keys.map(({ id, version, updated_at }) => {
        const revokedAt = later(ctx.clock.now(), updated_at);
        const written = { revoked_at: revokedAt, updated_at: revokedAt, version: version + 1 };
        return query.updateTable('api_keys').set(written).where('id', '=', id);
      }),
      audit: keys.map((each) => ({
        action: ACTION,
        orgId: each.org_id,
        projectId: each.project_id,
        resource: { kind: 'api_key' as const, id: each.id },
        before: apiKeyView(each),
      })),
      answer: { view: undefined },
    };
  });
}

/**
 * The living keys that this one made, and those that they made. Each generation is held before the next is looked for:
 * whoever makes a key holds the one that makes it (`createApiKey`), so that none is missed. They are bounded by the
 * limit of keys.
 */
async function descendants(
  { run }: Pick<TenantTransaction, 'run'>,
  key: Authorized<ApiKeyRow, typeof ACTION>,
): Promise<ApiKeyRow[]> {
  const found: ApiKeyRow[] = [];
  let parents = [key.id];
  while (parents.length > 0) {
    const children = await run(
      selectApiKeys
        .where('org_id', '=', key.org_id)
        .where('parent_key_id', 'in', parents)
        .where('revoked_at', 'is', null)
        .orderBy('id')
        .forNoKeyUpdate(),
    );
    found.push(...children);
    parents = children.map(({ id }) => id);
  }
  return found;
}
