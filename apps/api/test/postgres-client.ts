/** PostgreSQL's own client programs, where the machine has them: the packages of PostgreSQL from npm hold none. */
import { execFile, execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A dump is made by a pg_dump that is no older than its server (PostgreSQL manual, pg_dump). */
const LEAST_MAJOR = 18;
/** What is written to the terminal by a program that dumps everything as text. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** The folder that holds pg_dump and pg_restore of this version or a later one; undefined when there is none. */
export const POSTGRES_CLIENT = [
  ...(process.env['PATH'] ?? '').split(':'),
  ...globSync('/usr/lib/postgresql/*/bin'),
].find((folder) => majorOf(join(folder, 'pg_dump')) >= LEAST_MAJOR);

function majorOf(program: string): number {
  try {
    const version = execFileSync(program, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number(/\(PostgreSQL\) (\d+)/.exec(version)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Arguments that name a database. Its password goes where no list of processes shows it. */
export function ofDatabase(url: string) {
  const { password } = new URL(url);
  const dbname = Object.assign(new URL(url), { password: '' }).href;
  return { args: ['--dbname', dbname], env: { PGPASSWORD: decodeURIComponent(password) } };
}

/** Runs one of the programs to its end, however that is. */
export async function runClient(
  program: 'pg_dump' | 'pg_restore',
  args: readonly string[],
  database?: ReturnType<typeof ofDatabase>,
): Promise<Ran> {
  try {
    const { stdout, stderr } = await run(
      join(POSTGRES_CLIENT ?? '', program),
      [...(database?.args ?? []), ...args],
      { maxBuffer: MAX_OUTPUT_BYTES, env: { ...process.env, ...database?.env } },
    );
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? -1, stdout, stderr };
  }
}
