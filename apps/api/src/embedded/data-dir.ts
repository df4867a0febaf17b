import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError } from '../config/index.ts';

/** Others may pass through, since PostgreSQL may run as another user; each file in it is readable by its owner only. */
const DIRECTORY_MODE = 0o711;
const FILE_MODE = 0o600;
const SECRET_BYTES = 48;

/** The folder of embedded state, held by one process at a time. */
export interface DataDir {
  readonly path: string;
  /** A file's text, made by `create` when there is none yet. */
  readonly keep: (name: string, create: () => string) => Promise<string>;
  readonly release: () => Promise<void>;
}

/**
 * Opens the folder, making it at the first time.
 *
 * @throws ConfigError when another process that lives holds it, or it cannot be written
 */
export async function openDataDir(dir: string): Promise<DataDir> {
  const path = resolve(dir);
  const lock = join(path, 'headgate.pid');
  try {
    const isNew = (await mkdir(path, { recursive: true })) !== undefined;
    if (isNew) await chmod(path, DIRECTORY_MODE);
    await takeLock(lock);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError('DATA_DIR', `${path} cannot be written (${codeOf(error)}); give a folder that can`);
  }
  return {
    path,
    keep: async (name, create) => await keep(join(path, name), create),
    release: async () => await rm(lock, { force: true }),
  };
}

/** A new random secret as text. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/**
 * A file's text, made by `create` when there is none yet. It is there whole or not at all, on the disk before it is
 * used, and one text for all who ask at once: a key that is lost takes all that it sealed along.
 */
export async function keep(file: string, create: () => string): Promise<string> {
  return (await readIfThere(file)) ?? (await make(file, create()));
}

async function make(file: string, text: string): Promise<string> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, text, { mode: FILE_MODE, flag: 'wx', flush: true });
  try {
    await link(draft, file);
    return text;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return (await readIfThere(file)) ?? text;
  } finally {
    await rm(draft);
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}

/** Takes the lock, from a process that has ended without a word too. Of several who try at once one has it. */
async function takeLock(lock: string): Promise<void> {
  const own = (await describeProcess(process.pid)) ?? String(process.pid);
  const holder = await keep(lock, () => own);
  if (holder === own) return;
  const [pid = ''] = holder.split(' ');
  if ((await describeProcess(Number(pid))) === holder) {
    const remedy = 'stop that one, or give this one a folder of its own';
    throw new ConfigError('DATA_DIR', `process ${pid} uses it; ${remedy}`);
  }
  // Moved away rather than removed, and back when it turns out to be another's that has just come.
  const stale = `${lock}.${randomUUID()}`;
  await rename(lock, stale).catch(() => {});
  if ((await readIfThere(stale)) !== holder) await link(stale, lock).catch(() => {});
  await rm(stale, { force: true });
  const next = await keep(lock, () => own);
  if (next !== own)
    throw new ConfigError('DATA_DIR', `another process has just taken it; stop that one first`);
}

/**
 * A living process by its id and, where the system tells, the time of its start: a container gives the same ids out
 * again at each of its starts (proc_pid_stat(5), fields 3 and 22). A process that does not live has no description.
 */
export async function describeProcess(pid: number): Promise<string | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const stat = await readIfThere(`/proc/${pid}/stat`).catch(() => undefined);
  if (stat !== undefined) {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : `${pid} ${fields[19]}`;
  }
  try {
    process.kill(pid, 0);
    return String(pid);
  } catch (error) {
    return codeOf(error) === 'EPERM' ? String(pid) : undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
