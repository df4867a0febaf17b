/** All migrations in their order. A migration imports no application code and, once released, never changes. */
import type { Migration } from 'kysely/migration';
import * as createRoles from './0001-create-roles.ts';
import * as createProjects from './0002-create-projects.ts';
import * as createDatabases from './0003-create-databases.ts';
import * as createAuditEntries from './0004-create-audit-entries.ts';
import * as createIdempotencyRecords from './0005-create-idempotency-records.ts';

export const MIGRATIONS: Record<string, Migration> = {
  '0001-create-roles': createRoles,
  '0002-create-projects': createProjects,
  '0003-create-databases': createDatabases,
  '0004-create-audit-entries': createAuditEntries,
  '0005-create-idempotency-records': createIdempotencyRecords,
};
