/** Servers that follow another one, by real streaming replication, and such as have not come so far. */
import { mkdir, rm, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runAsServer, startTemporaryPostgres, type Cluster } from '@headgate/db/embedded';
import type postgres from 'postgres';
import { uniqueName } from '../actors.ts';
import { describeUpstream, serverOptions, type TestUpstream, type TestUpstreamOptions } from './server.ts';

/** A standby must have room for what its primary may do (PostgreSQL manual, section 26.4.3). */
const AT_LEAST_AS_THE_PRIMARY = [
  'max_connections',
  'max_locks_per_transaction',
  'max_prepared_transactions',
  'max_wal_senders',
  'max_worker_processes',
];

/** What a copy of a cluster must not hold (PostgreSQL manual, section 25.3.4). */
const NOT_TO_BE_COPIED = ['postmaster.pid', 'postmaster.opts', 'standby.signal', 'recovery.signal'];
const TO_BE_EMPTIED = [
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
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
  const origin = { password, copyTo: async (cluster: Cluster) => await copyCluster(primary, sql, cluster) };
  const server = await startTemporaryPostgres(
    ...serverOptions({ ...options, settings }, { origin, files: { 'standby.signal': '' } }),
  );
  return describeUpstream(server, primary);
}

/**
 * A base backup (PostgreSQL manual, section 25.3.3.2): what was copied while the server wrote is made whole by the WAL
 * since the backup's start, which its label names.
 */
async function copyCluster(
  { clusterDir: from }: TestUpstream,
  sql: postgres.Sql,
  { clusterDir, user }: Cluster,
): Promise<void> {
  const session = await sql.reserve();
  try {
    await session`select pg_backup_start('standby', true)`;
    await runAsServer(user, '/bin/cp', ['-R', from, clusterDir]);
    const [stop] = await session<{ labelfile: string }[]>`select labelfile from pg_backup_stop(false)`;
    if (stop === undefined) throw new Error('the backup has no label');
    for (const name of NOT_TO_BE_COPIED) await rm(join(clusterDir, name), { force: true });
    for (const name of TO_BE_EMPTIED) await empty(join(clusterDir, name));
    await runAsServer(user, '/bin/sh', [
      '-c',
      `printf %s "$1" > "$0"`,
      join(clusterDir, 'backup_label'),
      stop.labelfile,
    ]);
    await runAsServer(user, '/bin/chmod', ['700', clusterDir]);
  } finally {
    session.release();
  }
}

async function empty(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(dir)) await rm(join(dir, name), { recursive: true });
}
