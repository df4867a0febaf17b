import { query } from '@headgate/db';
import type { Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { checkIfMatch, type IfMatch } from '../precondition.ts';
import { later } from '../time.ts';
import { lookupApiKey, type ApiKeyPath } from './lookup-api-key.ts';
import { apiKeyEtag, apiKeyView } from './row.ts';

interface Revoke extends ApiKeyPath {
  readonly ifMatch?: IfMatch | undefined;
}

/** Revokes a key for good. Every request with it is checked against its row, so that this holds at once everywhere. */
export async function revokeApiKey({ ctx, input }: Verb<Revoke>): Promise<void> {
  const { ifMatch, ...path } = input;
  const action = 'apiKey.revoke';
  await mutate(ctx, action, async (tx) => {
    const key = await lookupApiKey(ctx, tx, { ...path, action, to: 'revoke' });
    checkIfMatch(ifMatch, apiKeyEtag(key));
    const { id, org_id: orgId, project_id: projectId } = key;
    const revokedAt = later(ctx.clock.now(), key.updated_at);
    const written = { revoked_at: revokedAt, updated_at: revokedAt, version: key.version + 1 };
    return {
      on: key,
      writes: [query.updateTable('api_keys').set(written).where('id', '=', id)],
      audit: [{ action, orgId, projectId, resource: { kind: 'api_key', id }, before: apiKeyView(key) }],
      answer: { view: undefined },
    };
  });
}
