/** All migrations in their order. A migration imports no application code and, once released, never changes. */
import type { Migration } from 'kysely/migration';
import * as createRoles from './0001-create-roles.ts';
import * as createProjects from './0002-create-projects.ts';
import * as createDatabases from './0003-create-databases.ts';
import * as createAuditEntries from './0004-create-audit-entries.ts';
import * as createIdempotencyRecords from './0005-create-idempotency-records.ts';
import * as createOrganizations from './0006-create-organizations.ts';
import * as chainAuditEntries from './0007-chain-audit-entries.ts';
import * as createApiKeys from './0008-create-api-keys.ts';
import * as createReplicas from './0009-create-replicas.ts';
import * as createCacheRules from './0010-create-cache-rules.ts';
import * as createCustomDomains from './0011-create-custom-domains.ts';
import * as addAllowedCidrs from './0012-add-allowed-cidrs.ts';
import * as createRateLimits from './0013-create-rate-limits.ts';
import * as createCertificates from './0014-create-certificates.ts';
import * as extendDatabases from './0015-extend-databases.ts';
import * as createSchemaSnapshots from './0016-create-schema-snapshots.ts';
import * as createReplicationSlots from './0017-create-replication-slots.ts';
import * as countDatabases from './0018-count-databases.ts';

export const MIGRATIONS: Record<string, Migration> = {
  '0001-create-roles': createRoles,
  '0002-create-projects': createProjects,
  '0003-create-databases': createDatabases,
  '0004-create-audit-entries': createAuditEntries,
  '0005-create-idempotency-records': createIdempotencyRecords,
  '0006-create-organizations': createOrganizations,
  '0007-chain-audit-entries': chainAuditEntries,
  '0008-create-api-keys': createApiKeys,
  '0009-create-replicas': createReplicas,
  '0010-create-cache-rules': createCacheRules,
  '0011-create-custom-domains': createCustomDomains,
  '0012-add-allowed-cidrs': addAllowedCidrs,
  '0013-create-rate-limits': createRateLimits,
  '0014-create-certificates': createCertificates,
  '0015-extend-databases': extendDatabases,
  '0016-create-schema-snapshots': createSchemaSnapshots,
  '0017-create-replication-slots': createReplicationSlots,
  '0018-count-databases': countDatabases,
};
