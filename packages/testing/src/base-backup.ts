/** A copy of a running server's files, for who has no pg_basebackup: the packages of PostgreSQL from npm hold none. */
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  placeForServer,
  runAsServer,
  startTemporaryPostgres,
  type Cluster,
  type TemporaryPostgres,
} from '@headgate/db/embedded';
import postgres, { type Sql } from 'postgres';

/** What a copy of a cluster must not hold (PostgreSQL manual, section 25.3.4). */
const LEFT_OUT = ['postmaster.pid', 'postmaster.opts', 'standby.signal', 'recovery.signal'];
const LEFT_EMPTY = [
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
];

interface BaseBackup {
  /** A superuser's client of the server. */
  readonly sql: Sql;
  /** Where the server's files lie. */
  readonly from: string;
  /** Where the copy goes: a folder that is not there yet. */
  readonly to: Cluster;
}

/**
 * Takes a base backup while the server is used (PostgreSQL manual, section 25.3.4). What was copied while the server
 * wrote is made whole by the WAL since the backup's start, which its label names; the copy holds none of it, and is
 * good for nothing without.
 */
export async function takeBaseBackup({ sql, from, to: { clusterDir: to, user } }: BaseBackup): Promise<void> {
  // A backup belongs to the session that began it.
  const session = await sql.reserve();
  try {
    await session`select pg_backup_start('headgate', true)`;
    const names = (await readdir(from)).filter((name) => ![...LEFT_OUT, ...LEFT_EMPTY].includes(name));
    await runAsServer(user, '/bin/mkdir', ['-m', '700', to]);
    await runAsServer(user, '/bin/cp', ['-R', ...names.map((name) => join(from, name)), to]);
    await runAsServer(user, '/bin/mkdir', ['-m', '700', ...LEFT_EMPTY.map((name) => join(to, name))]);
    const [stop] = await session<{ labelfile: string }[]>`select labelfile from pg_backup_stop(false)`;
    if (stop === undefined) throw new Error('the backup has no label');
    const label = join(to, 'backup_label');
    await runAsServer(user, '/bin/sh', ['-c', `printf %s "$1" > "$0"`, label, stop.labelfile]);
  } finally {
    session.release();
  }
}

/** Where a server's WAL is archived and base backups lie, apart from the server: it may be lost with all its files. */
export interface BackupPlace {
  readonly folder: string;
  /** What the server is started with whose WAL is to come here. */
  readonly settings: Readonly<Record<string, string>>;
  /** Takes the base backup of a server that is used. */
  readonly take: (server: TemporaryPostgres) => Promise<void>;
  /** Waits until all WAL that there is has been archived, as it is within a minute or so by itself. */
  readonly archiveAll: (server: TemporaryPostgres) => Promise<void>;
  /** Starts another server on a copy of the base backup, and has it replay all WAL that was archived. */
  readonly restore: () => Promise<TemporaryPostgres>;
  readonly remove: () => Promise<void>;
}

const ARCHIVE_TIMEOUT_SECONDS = 60;

/** Makes an empty place for the backups of one server. */
export async function createBackupPlace(): Promise<BackupPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-backup-'));
  // The server may run as another user, who must pass through.
  await chmod(folder, 0o711);
  const { user, home } = await placeForServer(join(folder, 'of-server'));
  const [base, wal] = [join(home, 'base'), join(home, 'wal')];
  await runAsServer(user, '/bin/mkdir', ['-m', '700', wal]);
  let password = '';
  return {
    folder,
    // Nothing that is there is ever written over (PostgreSQL manual, section 25.3.1).
    settings: { archive_mode: 'on', archive_command: `test ! -f ${wal}/%f && cp %p ${wal}/%f` },
    take: async (server) => {
      password = new URL(server.url()).password;
      await asSuperuser(server, async (sql) => {
        await takeBaseBackup({ sql, from: server.clusterDir, to: { clusterDir: base, user } });
      });
    },
    archiveAll: async (server) => await asSuperuser(server, archiveAll),
    restore: async () =>
      await startTemporaryPostgres(
        { restore_command: `cp ${wal}/%f %p` },
        {
          origin: {
            password,
            copyTo: async ({ clusterDir }) => await runAsServer(user, '/bin/cp', ['-R', base, clusterDir]),
          },
          beforeStart: async ({ clusterDir }) =>
            await runAsServer(user, '/usr/bin/touch', [join(clusterDir, 'recovery.signal')]),
        },
      ),
    remove: async () => await rm(folder, { recursive: true, force: true }),
  };
}

async function archiveAll(sql: Sql): Promise<void> {
  const [last] = await sql<{ name: string }[]>`select pg_walfile_name(pg_switch_wal()) as name`;
  const deadline = performance.now() + ARCHIVE_TIMEOUT_SECONDS * 1000;
  for (;;) {
    const [row] = await sql<{ is_done: boolean }[]>`
      select coalesce(last_archived_wal >= ${last?.name ?? ''}, false) as is_done
      from pg_stat_archiver, pg_sleep(0.05)`;
    if (row?.is_done === true) return;
    if (performance.now() > deadline) throw new Error('the WAL is not archived');
  }
}

async function asSuperuser(server: TemporaryPostgres, work: (sql: Sql) => Promise<void>): Promise<void> {
  const sql = postgres(server.url(), { max: 1, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}
