/** A real PgBouncer in front of a server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWithUs, placeForServer } from '@headgate/db/embedded';
import { ENV, PROGRAM } from './pgbouncer-program.ts';
import { freePort } from './port.ts';
import type { TestLogin, TestUpstream } from './server.ts';

const START_TIMEOUT_MS = 20_000;

export interface TestPgBouncer extends TestLogin {
  /** As a connection URI. */
  readonly url: (over?: Partial<TestLogin>) => string;
  readonly stop: () => Promise<void>;
}

interface PgBouncerOptions {
  readonly mode?: 'transaction' | 'session' | 'statement';
  /** Lines for the section `[pgbouncer]` of its configuration. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts one in front of a server, with the server's own role and password. The role may use its console too. */
export async function startPgBouncer(
  upstream: TestUpstream,
  options: PgBouncerOptions = {},
): Promise<TestPgBouncer> {
  const dir = await mkdtemp(join(tmpdir(), 'headgate-'));
  await chmod(dir, 0o711);
  const { user, home } = await placeForServer(join(dir, 'pgbouncer'));
  const port = await freePort();
  const pidFile = join(home, 'pid');
  const config = await placeFiles({ user, home }, upstream, { ...options, port, pidFile });
  const letGo = endWithUs({ pidFile, signal: 'KILL', dir });
  const child = spawn(PROGRAM, [config], {
    ...user,
    env: ENV,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(dir, { recursive: true, force: true });
    letGo();
  };
  try {
    await untilItIsUp(child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...upstream, port, url: (over = {}) => upstream.url({ port, ...over }), stop };
}

/** Writes what it reads when it starts, and says where. */
async function placeFiles(
  { user, home }: Awaited<ReturnType<typeof placeForServer>>,
  { host, port: upstreamPort, username, password }: TestUpstream,
  { mode = 'transaction', settings, port, pidFile }: PgBouncerOptions & { port: number; pidFile: string },
): Promise<string> {
  const place = async (name: string, lines: readonly string[]) => {
    const path = join(home, name);
    await writeFile(path, [...lines, ''].join('\n'), { mode: 0o600 });
    if (user.uid !== undefined) await chown(path, user.uid, user.gid);
    return path;
  };
  const users = await place('users.txt', [`"${username}" "${password.replaceAll('"', '""')}"`]);
  const all = {
    ...{ listen_addr: '127.0.0.1', listen_port: String(port), unix_socket_dir: '', pool_mode: mode },
    ...{ auth_type: 'scram-sha-256', auth_file: users, admin_users: username, server_tls_sslmode: 'disable' },
    ...{ pidfile: pidFile, ...settings },
  };
  return await place('pgbouncer.ini', [
    '[databases]',
    `* = host=${host} port=${upstreamPort}`,
    '[pgbouncer]',
    ...Object.entries(all).map(([name, value]) => `${name} = ${value}`),
  ]);
}

/** It says so on its standard error, like whatever it does. */
async function untilItIsUp(child: ReturnType<typeof spawn>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let text = '';
    const fail = () => reject(new Error(`PgBouncer does not start: ${text.slice(-1000)}`));
    const timer = setTimeout(fail, START_TIMEOUT_MS);
    child.once('exit', fail).once('error', fail);
    child.stderr?.on('data', (chunk: Buffer) => {
      if (text.length < 10_000) text += chunk.toString();
      if (!text.includes('process up')) return;
      clearTimeout(timer);
      child.off('exit', fail);
      resolve();
    });
  });
}
