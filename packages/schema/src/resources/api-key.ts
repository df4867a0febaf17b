import { z } from '@hono/zod-openapi';
import { SCOPES } from '../access.ts';
import { body, instant, list, oneOf, text, timestamp } from '../fields.ts';
import { MAX_API_KEY_NAME_CHARS, MAX_ID_CHARS } from '../limits.ts';
import { shownSecret } from '../secrets.ts';

const Scope = oneOf(SCOPES).openapi('Scope', {
  description: 'What a key may be used for. A key never does more than the role of its owner permits.',
});

const name = text({ min: 1, max: MAX_API_KEY_NAME_CHARS }).openapi({ example: 'deploy' });

/** The request of `createApiKey`. */
export const CreateApiKey = body({
  name,
  project_id: text({ min: 1, max: MAX_ID_CHARS }).optional().openapi({
    description:
      'Confines the key to this project (`hgp_…`). Without it the key is for the organization (`hgo_…`).',
    example: 'prj_01h455vb4pex5vsknk084sn02r',
  }),
  scopes: list(Scope, SCOPES.length)
    .min(1, { error: 'must name at least one scope' })
    .refine((scopes) => new Set(scopes).size === scopes.length, { error: 'must name each scope once' })
    .openapi({ uniqueItems: true, example: ['databases:read', 'databases:write'] }),
  expires_at: instant().optional().openapi({ description: 'When it ends by itself; never unless given.' }),
}).openapi('CreateApiKeyRequest', {
  example: {
    name: 'deploy',
    scopes: ['projects:read', 'databases:write'],
    expires_at: '2027-11-21T08:30:00Z',
  },
});
export type CreateApiKey = z.infer<typeof CreateApiKey>;

const API_KEY_EXAMPLE = {
  id: 'key_01h455vb4pex5vsknk084sn02s',
  org_id: 'org_demo',
  name: 'deploy',
  hint: 'hgo_5f1e0c3a',
  scopes: ['projects:read' as const, 'databases:write' as const],
  owner_id: 'user_ada',
  created_at: '2026-11-21T08:30:00.000Z',
  updated_at: '2026-11-21T08:30:00.000Z',
};

/** An API key in answers, without the key itself. */
export const ApiKey = z
  .object({
    id: z.string(),
    org_id: z.string(),
    project_id: z.string().optional().openapi({ description: 'The one project that exists for this key.' }),
    name,
    hint: z.string().openapi({ description: 'How the key begins, to tell one from another.' }),
    scopes: z.array(Scope),
    owner_id: z.string().openapi({ description: 'The user with whose present role the key acts.' }),
    parent_key_id: z
      .string()
      .optional()
      .openapi({ description: 'The key that made this one, which is revoked with it.' }),
    expires_at: timestamp().optional(),
    last_used_at: timestamp()
      .optional()
      .openapi({ description: 'When it was last used, to about half a minute.' }),
    revoked_at: timestamp().optional(),
    created_at: timestamp(),
    updated_at: timestamp(),
  })
  .openapi('ApiKey', { example: API_KEY_EXAMPLE });
export type ApiKey = z.infer<typeof ApiKey>;

export const CreatedApiKey = ApiKey.extend({
  api_key: shownSecret('api_key', z.string()).openapi({
    description: 'The key itself. It is shown here and never again: only a hash of it is kept.',
  }),
}).openapi('CreatedApiKey', {
  example: { ...API_KEY_EXAMPLE, api_key: `hgo_5f1e0c3a${'0'.repeat(56)}7d4a9c21` },
});

export const ApiKeyList = z
  .object({ api_keys: z.array(ApiKey), next_page_token: z.string().optional() })
  .openapi('ListApiKeysResponse', { example: { api_keys: [API_KEY_EXAMPLE] } });
export type ApiKeyList = z.infer<typeof ApiKeyList>;
