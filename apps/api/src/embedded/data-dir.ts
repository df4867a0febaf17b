import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError } from '../config.ts';

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
    await mkdir(path, { recursive: true });
    await chmod(path, DIRECTORY_MODE);
    await takeLock(lock);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(
      'DATA_DIR',
      `${path} cannot be written (${(error as NodeJS.ErrnoException).code}); give a folder that can`,
    );
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

/** A file's text, made by `create` when there is none yet. */
export async function keep(file: string, create: () => string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text !== undefined) return text;
  const created = create();
  await writeFile(file, created, { mode: FILE_MODE, flag: 'wx' });
  return created;
}

async function takeLock(lock: string): Promise<void> {
  try {
    await writeFile(lock, String(process.pid), { mode: FILE_MODE, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = Number(await readFile(lock, 'utf8'));
    if (isAlive(holder)) {
      throw new ConfigError(
        'DATA_DIR',
        `process ${holder} uses it; stop that one, or give this one a folder of its own`,
      );
    }
    // Its process ended without a word; a new one may take its place.
    await rm(lock, { force: true });
    await writeFile(lock, String(process.pid), { mode: FILE_MODE, flag: 'wx' });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
