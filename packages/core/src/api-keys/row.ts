import { query, type ApiKeys } from '@headgate/db';
import type { ApiKey } from '@headgate/schema';
import type { Selectable } from 'kysely';

/** An API key as it is read. Its hash stays where it is. */
export type ApiKeyRow = Omit<Selectable<ApiKeys>, 'hash'>;

export const selectApiKeys = query
  .selectFrom('api_keys')
  .select([
    'id',
    'org_id',
    'project_id',
    'name',
    'hint',
    'scopes',
    'owner_id',
    'parent_key_id',
    'expires_at',
    'last_used_at',
    'revoked_at',
    'version',
    'created_at',
    'updated_at',
  ]);

/** A key as its callers see it, built field by field. */
export function apiKeyView(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    org_id: row.org_id,
    ...(row.project_id !== null && { project_id: row.project_id }),
    name: row.name,
    hint: row.hint,
    scopes: row.scopes,
    owner_id: row.owner_id,
    ...(row.parent_key_id !== null && { parent_key_id: row.parent_key_id }),
    ...(row.expires_at !== null && { expires_at: row.expires_at.toISOString() }),
    ...(row.last_used_at !== null && { last_used_at: row.last_used_at.toISOString() }),
    ...(row.revoked_at !== null && { revoked_at: row.revoked_at.toISOString() }),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** The version of what an owner decides about a key. That it was used is not one. */
export function apiKeyEtag({ version }: Pick<ApiKeyRow, 'version'>): string {
  return `"${version}"`;
}
