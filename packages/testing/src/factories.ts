import type {
  Connection,
  CreateApiKey,
  CreateCertificate,
  CreateCustomDomain,
  CreateDatabase,
  CreateProject,
  CreateReplicationSlot,
} from '@headgate/schema';
import { uniqueName } from './actors.ts';
import { createAuthority } from './certificates.ts';

/** A database as a request describes it field by field. */
export type DatabaseInput = CreateDatabase & Connection;

/** A database as a request describes it, with a password of its own that a test can look for. */
export function databaseInput(over: Partial<DatabaseInput> = {}): DatabaseInput {
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

/** A replication slot and a publication as a request describes them, with names of their own. */
export function slotInput(): Pick<CreateReplicationSlot, 'slot_name' | 'publication_name'> {
  const name = uniqueName('replication').toLowerCase();
  return { slot_name: name, publication_name: name };
}

/** A custom domain as a request describes it, with a name of its own. */
export function customDomainInput(over: Partial<CreateCustomDomain> = {}): CreateCustomDomain {
  return { domain: `${uniqueName('db').replace('_', '-')}.example.com`, ...over };
}

/** An authority as a request describes it. */
export async function certificateInput(over: Partial<CreateCertificate> = {}): Promise<CreateCertificate> {
  const { certificate } = await createAuthority();
  return { name: uniqueName('authority'), kind: 'ca', certificate, ...over };
}
