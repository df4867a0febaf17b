/** Who acts, what may be allowed to them, and on what: the words that the policy and the audit log are made of. */

/** What a person is in an organization, as the issuer of tokens says. */
export const ROLES = ['owner', 'admin', 'member', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** What an API key may be used for, and never for more than its owner's role permits. */
export const SCOPES = [
  'projects:read',
  'projects:write',
  'databases:read',
  'databases:write',
  'domains:read',
  'domains:write',
  'secrets:read',
  'keys:read',
  'keys:write',
  'audit:read',
] as const;
export type Scope = (typeof SCOPES)[number];

/** A person with a token, a program with an API key, or whoever runs Headgate, at its own terminal. */
export const ACTOR_KINDS = ['user', 'api_key', 'operator'] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

/** What an audit entry can be about. */
export const RESOURCE_KINDS = [
  'organization',
  'project',
  'database',
  'replica',
  'cache_rule',
  'custom_domain',
  'api_key',
  'certificate',
  'schema_snapshot',
  'replication_slot',
] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];
