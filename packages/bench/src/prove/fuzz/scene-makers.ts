import type { Chance } from '../chance.ts';
import { PUBLICATIONS, type Ids } from './generate/names.ts';
import { freshName } from './generate/texts.ts';

/** What is made anew when it was taken away. */
export type Kind = Exclude<keyof Ids, 'org_id' | 'project_id' | 'database_id' | 'snapshot_id'>;

interface Place {
  readonly orgId: string;
  readonly projectId: string;
  readonly databaseId: string;
  readonly liveDatabaseId: string;
  readonly authority: string;
  readonly chance: Chance;
}

/** How one of each kind is made. */
export function createMakers(
  make: (target: string, body: unknown) => Promise<string>,
  { orgId, projectId, databaseId, liveDatabaseId, authority, chance }: Place,
): Readonly<Record<Kind, () => Promise<string>>> {
  const project = `/v1/projects/${projectId}`;
  return {
    replica_id: async () =>
      await make(`/v1/databases/${databaseId}/replicas`, { host: 'replica.example.com', port: 5432 }),
    key_id: async () =>
      await make(`/v1/organizations/${orgId}/api-keys`, { name: 'fuzz', scopes: ['projects:read'] }),
    query_hash: async () =>
      await make(`${project}/databases/${databaseId}/cache-rules`, {
        ...{ sql: `SELECT 1 FROM ${freshName(chance, 't')}`, cache_enabled: true },
      }),
    domain_id: async () =>
      await make(`${project}/domains`, { domain: `${freshName(chance, 'scene')}.example.com` }),
    certificate_id: async () =>
      await make(`${project}/certificates`, { name: 'fuzz', kind: 'ca', certificate: authority }),
    slot_id: async () =>
      await make(`${project}/databases/${liveDatabaseId}/replication-slots`, {
        ...{ slot_name: freshName(chance, 'scene_'), publication_name: PUBLICATIONS.all },
        create_if_missing: true,
      }),
  };
}
