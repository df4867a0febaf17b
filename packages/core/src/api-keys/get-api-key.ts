import type { ApiKey } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Verb } from '../context.ts';
import { reader } from '../reader.ts';
import { lookupApiKey, type ApiKeyPath } from './lookup-api-key.ts';
import { apiKeyEtag, apiKeyView } from './row.ts';

/** One key, without the key itself. */
export async function getApiKey({ ctx, input }: Verb<ApiKeyPath>): Promise<Answer<ApiKey>> {
  const key = await lookupApiKey(ctx, reader(ctx), { ...input, action: 'apiKey.get', to: 'read' });
  return { view: apiKeyView(key), etag: apiKeyEtag(key) };
}
