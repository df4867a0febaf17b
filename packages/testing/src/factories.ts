import type { CreateApiKey, CreateCustomDomain, CreateDatabase, CreateProject } from '@headgate/schema';
import { uniqueName } from './actors.ts';

/** A database as a request describes it, with a password of its own that a test can look for. */
export function databaseInput(over: Partial<CreateDatabase> = {}): CreateDatabase {
  return {
    host: 'db.example.com',
    port: 5432,
    name: 'mydb',
    username: 'myuser',
    password: uniqueName('pa$$word'),
    ...over,
  };
}

/** A project as a request describes it, without a database unless one is given. */
export function projectInput(orgId: string, over: Partial<CreateProject> = {}): CreateProject {
  return { name: uniqueName('project'), org_id: orgId, ...over };
}

/** An API key of the organization as a request describes it. */
export function apiKeyInput(over: Partial<CreateApiKey> = {}): CreateApiKey {
  return { name: uniqueName('key'), scopes: ['projects:read', 'databases:read'], ...over };
}

/** A custom domain as a request describes it, with a name of its own. */
export function customDomainInput(over: Partial<CreateCustomDomain> = {}): CreateCustomDomain {
  return { domain: `${uniqueName('db').replace('_', '-')}.example.com`, ...over };
}
