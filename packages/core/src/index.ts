/** What Headgate does. Transports translate to and from these verbs and do nothing else. */
export { migrate, openCounter, openStore, type Counter, type Store } from '@headgate/db';
export { createUpstream, type Upstream } from '@headgate/upstream';
export { createVault, generateVaultKeys, parseVaultKeys, VaultError, type Vault } from '@headgate/vault';
export {
  systemClock,
  type Actor,
  type ApiKeyBearer,
  type Clock,
  type Context,
  type Idempotency,
  type Organization,
  type Settings,
  type User,
} from './context.ts';
export {
  BOUNDS,
  HeadgateError,
  conflict,
  invalidInput,
  notFound,
  shorten,
  toHeadgateError,
  unauthorized,
  unavailable,
  type Bound,
} from './errors.ts';
export { harmless } from './harmless.ts';
export type { Answer } from './answer.ts';
export { isRole } from './policy.ts';
export type { IfMatch } from './precondition.ts';

export { createApiKey } from './api-keys/create-api-key.ts';
export { getApiKey } from './api-keys/get-api-key.ts';
export { identifyBearer } from './api-keys/identify-bearer.ts';
export { createKeyUse, type KeyUse } from './api-keys/key-use.ts';
export { learnRoles } from './api-keys/learn-roles.ts';
export { listApiKeys } from './api-keys/list-api-keys.ts';
export { revokeApiKey } from './api-keys/revoke-api-key.ts';
export { isApiKey } from './api-keys/token.ts';
export { createCacheRule } from './cache-rules/create-cache-rule.ts';
export { deleteCacheRule } from './cache-rules/delete-cache-rule.ts';
export { listCacheRules } from './cache-rules/list-cache-rules.ts';
export { parserState } from './cache-rules/normalize-statement.ts';
export { updateCacheRule } from './cache-rules/update-cache-rule.ts';
export { createCertificate } from './certificates/create-certificate.ts';
export { deleteCertificate } from './certificates/delete-certificate.ts';
export { getCertificate } from './certificates/get-certificate.ts';
export { listCertificates } from './certificates/list-certificates.ts';
export { restoreCertificate } from './certificates/restore-certificate.ts';
export { createCustomDomain } from './custom-domains/create-custom-domain.ts';
export { deleteCustomDomain } from './custom-domains/delete-custom-domain.ts';
export { getCustomDomain } from './custom-domains/get-custom-domain.ts';
export { listCustomDomains } from './custom-domains/list-custom-domains.ts';
export { createDns, type Dns } from './custom-domains/resolver.ts';
export { restoreCustomDomain } from './custom-domains/restore-custom-domain.ts';
export { verifyCustomDomain } from './custom-domains/verify-custom-domain.ts';
export { diffDatabaseSchema } from './schema-snapshots/diff-database-schema.ts';
export { getDatabaseSchema } from './schema-snapshots/get-database-schema.ts';
export { getSchemaCatalog } from './schema-snapshots/get-schema-catalog.ts';
export { introspectDatabase } from './schema-snapshots/introspect-database.ts';
export { listSchemaSnapshots } from './schema-snapshots/list-schema-snapshots.ts';
export { timeForUpstreams } from './upstream/time.ts';
export { createUpstreamPlaces, type PlacesState, type UpstreamPlaces } from './upstream/places.ts';
export { createAuditChainer } from './audit-log/chain-pending.ts';
export { exportOrganizationAuditLog } from './audit-log/export-organization-audit-log.ts';
export { exportProjectAuditLog } from './audit-log/export-project-audit-log.ts';
export { getOrganizationAuditLog } from './audit-log/get-organization-audit-log.ts';
export { getProjectAuditLog } from './audit-log/get-project-audit-log.ts';
export { entryText } from './audit-log/link.ts';
export { entryMac } from './audit-log/mac.ts';
export type { AuditExport } from './audit-log/read-entries.ts';
export { verifyOrganizationAuditLog } from './audit-log/verify-organization-audit-log.ts';
export { createDatabase } from './databases/create-database.ts';
export { deleteDatabase } from './databases/delete-database.ts';
export { getDatabase } from './databases/get-database.ts';
export { listDatabases } from './databases/list-databases.ts';
export { rotateDatabaseCredentials } from './databases/rotate-database-credentials.ts';
export { undoDatabaseCredentialsRotation } from './databases/undo-database-credentials-rotation.ts';
export { revealDatabase } from './databases/reveal-database.ts';
export { restoreDatabase } from './databases/restore-database.ts';
export { testDatabaseConnection } from './databases/test-database-connection.ts';
export { testDatabaseRegistration } from './databases/test-database-registration.ts';
export { updateDatabase } from './databases/update-database.ts';
export { getOrganizationLimits } from './organizations/get-organization-limits.ts';
export { listOrganizations } from './organizations/list-organizations.ts';
export { setOrganizationLimits, type LimitChanges } from './organizations/set-organization-limits.ts';
export { readRequestRates } from './organizations/read-request-rates.ts';
export { createProject } from './projects/create-project.ts';
export { deleteProject } from './projects/delete-project.ts';
export { getProject } from './projects/get-project.ts';
export { listProjects } from './projects/list-projects.ts';
export { restoreProject } from './projects/restore-project.ts';
export { updateProject } from './projects/update-project.ts';
export { createReplica } from './replicas/create-replica.ts';
export { deleteReplica } from './replicas/delete-replica.ts';
export { getReplica } from './replicas/get-replica.ts';
export { listReplicas } from './replicas/list-replicas.ts';
export { restoreReplica } from './replicas/restore-replica.ts';
export { testReplicaConnection } from './replicas/test-replica-connection.ts';
export { testReplicaRegistration } from './replicas/test-replica-registration.ts';
export { updateReplica } from './replicas/update-replica.ts';
export { createReplicationSlot } from './replication-slots/create-replication-slot.ts';
export { deleteReplicationSlot } from './replication-slots/delete-replication-slot.ts';
export { getReplicationSlot } from './replication-slots/get-replication-slot.ts';
export { listReplicationSlots } from './replication-slots/list-replication-slots.ts';
export { restoreReplicationSlot } from './replication-slots/restore-replication-slot.ts';
export { updateReplicationSlot } from './replication-slots/update-replication-slot.ts';
export { listRegions } from './regions/list-regions.ts';
export { findMissingKey, type MissingKey } from './upkeep/check-vault-keys.ts';
export { purgeExpired, type Purged } from './upkeep/purge-expired.ts';
export { rotateSealingKey, type RotationProgress } from './upkeep/rotate-sealing-key.ts';
