import { query } from '@headgate/db';
import { sql, type Expression, type SqlBool } from 'kysely';
import { NO_PREVIOUS_CREDENTIALS, NO_STAGED_CREDENTIALS } from '../databases/other-credentials.ts';

/** How much one statement takes away. */
export const BATCH_SIZE = 500;
/** A rotation of credentials takes seconds. What is staged for longer was left by one that broke off. */
const STAGED_MAX_AGE_MS = 60 * 60_000;

/**
 * What is asked of a row again outside the batch: that alone is held against a row that was restored while it was waited
 * for. It is asked in a form that no index answers, so that the batch is what the rows are found by. PostgreSQL would
 * otherwise go through all that is due for each row of a batch, for as long as its statistics do not know of a great
 * deletion: 500 of 30,000 took 41 s.
 */
function still(condition: Expression<SqlBool>) {
  return sql<boolean>`(${condition}) is true`;
}

/** Those that were deleted on their own; what lies in them goes with them. */
export function deleteDeleted(
  table: 'databases' | 'replicas' | 'replication_slots' | 'custom_domains',
  before: Date,
) {
  const batch = query.selectFrom(table).select('id').where('deleted_at', '<=', before).limit(BATCH_SIZE);
  return query
    .deleteFrom(table)
    .where('id', 'in', batch)
    .where((eb) => still(eb('deleted_at', '<=', before)))
    .returning('id');
}

/** A certificate goes after all that names it: what came back without it would believe servers that it did not before. */
export function deleteCertificates(before: Date) {
  const batch = query
    .selectFrom('certificates')
    .select('id')
    .where('deleted_at', '<=', before)
    .where((eb) => {
      const naming = (
        table: 'databases' | 'replicas',
        column: 'ca_certificate_id' | 'client_certificate_id',
      ) =>
        eb.exists(
          eb.selectFrom(table).select(`${table}.id`).whereRef(`${table}.${column}`, '=', 'certificates.id'),
        );
      return eb.not(
        eb.or([
          naming('databases', 'ca_certificate_id'),
          naming('databases', 'client_certificate_id'),
          naming('replicas', 'ca_certificate_id'),
          naming('replicas', 'client_certificate_id'),
        ]),
      );
    })
    .limit(BATCH_SIZE);
  return query
    .deleteFrom('certificates')
    .where('id', 'in', batch)
    .where((eb) => still(eb('deleted_at', '<=', before)))
    .returning('id');
}

/** The credentials before those in force, once nobody can put them back any more. */
export function forgetPrevious(now: Date) {
  const batch = query
    .selectFrom('databases')
    .select('id')
    .where('previous_until', '<=', now)
    .limit(BATCH_SIZE);
  return query
    .updateTable('databases')
    .set(NO_PREVIOUS_CREDENTIALS)
    .where('id', 'in', batch)
    .where((eb) => still(eb('previous_until', '<=', now)))
    .returning('id');
}

/** Credentials that were never switched to. */
export function forgetStaged(now: Date) {
  const before = new Date(now.getTime() - STAGED_MAX_AGE_MS);
  const batch = query.selectFrom('databases').select('id').where('staged_at', '<=', before).limit(BATCH_SIZE);
  return query
    .updateTable('databases')
    .set(NO_STAGED_CREDENTIALS)
    .where('id', 'in', batch)
    .where((eb) => still(eb('staged_at', '<=', before)))
    .returning('id');
}

/** Keys have no way back: that they were revoked, or have expired, is told for as long as the rest can be restored. */
export function deleteApiKeys(before: Date) {
  const batch = query
    .selectFrom('api_keys')
    .select('id')
    .where((eb) => eb('revoked_at', '<=', before).or('expires_at', '<=', before))
    .limit(BATCH_SIZE);
  return query.deleteFrom('api_keys').where('id', 'in', batch).returning('id');
}

/** A project goes after its databases: one that was restored on its own would otherwise lose its project. */
export function deleteProjects(before: Date) {
  const batch = query
    .selectFrom('projects')
    .select('id')
    .where('deleted_at', '<=', before)
    .where((eb) => {
      const inIt = eb
        .selectFrom('databases')
        .select('databases.id')
        .whereRef('databases.project_id', '=', 'projects.id');
      return eb.not(eb.exists(inIt));
    })
    .limit(BATCH_SIZE);
  return query
    .deleteFrom('projects')
    .where('id', 'in', batch)
    .where((eb) => still(eb('deleted_at', '<=', before)))
    .returning('id');
}

export function deleteRecords(now: Date) {
  const batch = query
    .selectFrom('idempotency_records')
    .select(['actor_kind', 'actor_id', 'key'])
    .where('expires_at', '<=', now)
    .limit(BATCH_SIZE);
  return query
    .deleteFrom('idempotency_records')
    .where((eb) =>
      eb(eb.refTuple('actor_kind', 'actor_id', 'key'), 'in', batch.$asTuple('actor_kind', 'actor_id', 'key')),
    )
    .where((eb) => still(eb('expires_at', '<=', now)))
    .returning('key');
}
