/** Servers that follow another one, by real streaming replication, and such as have not come so far. */
import { startTemporaryPostgres, type Cluster } from '@headgate/db/embedded';
import { uniqueName } from '../actors.ts';
import { takeBaseBackup } from '../base-backup.ts';
import { describeUpstream, serverOptions, type TestUpstream, type TestUpstreamOptions } from './server.ts';

/** A standby must have room for what its primary may do (PostgreSQL manual, section 26.4.3). */
const AT_LEAST_AS_THE_PRIMARY = [
  'max_connections',
  'max_locks_per_transaction',
  'max_prepared_transactions',
  'max_wal_senders',
  'max_worker_processes',
];

/**
 * Starts a server that follows this one, through a physical slot of its own, with the same databases, roles and
 * passwords. It takes reads unless `hot_standby` is off in its settings, and may have logical slots (PostgreSQL 16 and
 * later). It is to be stopped before its primary.
 */
export async function startStandby(
  primary: TestUpstream,
  options: TestUpstreamOptions = {},
): Promise<TestUpstream> {
  const sql = primary.sql('postgres');
  const slot = uniqueName('standby');
  // The slot keeps the WAL from here on, so that the copy made after it can catch up.
  await sql`select pg_create_physical_replication_slot(${slot}, true)`;
  const least = await sql<{ name: string; setting: string }[]>`
    select name, setting from pg_settings where name = any (${AT_LEAST_AS_THE_PRIMARY})`;
  const { username, password } = primary.superuser;
  const settings = {
    ...Object.fromEntries(least.map(({ name, setting }) => [name, setting])),
    primary_conninfo: `host=${primary.host} port=${primary.port} user=${username} password=${password} application_name=${slot}`,
    primary_slot_name: slot,
    hot_standby_feedback: 'on',
    ...options.settings,
  };
  const origin = {
    password,
    copyTo: async (to: Cluster) => await takeBaseBackup({ sql, from: primary.clusterDir, to }),
  };
  const server = await startTemporaryPostgres(
    ...serverOptions({ ...options, settings }, { origin, files: { 'standby.signal': '' } }),
  );
  return describeUpstream(server, primary);
}
