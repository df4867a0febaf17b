/** PgBouncer's program, from Debian's package. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Its name, and that of the package. */
export const PROGRAM = 'pgbouncer';
const INSTALL_TIMEOUT_MS = 120_000;
/** Debian keeps it where only root looks. */
export const ENV = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/**
 * Whether PgBouncer can be run here: it is installed when it is absent and this may be done. Tests that need it are
 * skipped where it cannot be had, and say so; in CI they fail.
 *
 * @throws Error in CI, when there is none
 */
export async function ensurePgBouncer(): Promise<boolean> {
  if ((await isInstalled()) || (await install())) return true;
  const reason = 'PgBouncer is not installed, and could not be: install Debian’s package pgbouncer';
  // oxlint-disable-next-line node/no-process-env -- how CI says that it is one (.ci/run)
  if (process.env['CI'] !== undefined) throw new Error(reason);
  process.emitWarning(`Tests are skipped. ${reason}.`);
  return false;
}

async function isInstalled(): Promise<boolean> {
  return await run(PROGRAM, ['--version'], { env: ENV }).then(
    () => true,
    () => false,
  );
}

async function install(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const options = ['-o', 'DPkg::Lock::Timeout=60', 'install', '--yes', '--no-install-recommends', PROGRAM];
  const apt = async (args: string[]) =>
    await run('apt-get', args, {
      env: { ...ENV, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: INSTALL_TIMEOUT_MS,
    });
  const tries = [async () => await apt(options), async () => await apt(['update']).then(() => apt(options))];
  for (const attempt of tries) {
    await attempt().catch(() => undefined);
    if (await isInstalled()) return true;
  }
  return false;
}
