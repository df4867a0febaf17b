/** A real Redis or Valkey of the test's own, where the machine has one. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

const START_TIMEOUT_MS = 10_000;
const PROGRAMS = ['valkey-server', 'redis-server'];

/** The program that is installed here; undefined when there is none. */
export const REDIS_PROGRAM = PROGRAMS.find((program) => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

export interface TestRedis {
  readonly url: string;
  /** Ends it at once, with all that it knew. */
  readonly kill: () => Promise<void>;
  /** Starts it again at the same place. */
  readonly revive: () => Promise<void>;
  /** Has it keep its connections and answer nothing, as a machine that swaps does. */
  readonly freeze: () => void;
  readonly thaw: () => void;
}

/** Starts one on a free port of the loopback address that keeps nothing on disk. */
export async function startTestRedis(): Promise<TestRedis> {
  const port = await freePort();
  let child = await start(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    revive: async () => {
      child = await start(port);
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

async function start(port: number): Promise<ChildProcess> {
  const options = [
    '--bind',
    '127.0.0.1',
    '--port',
    String(port),
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    '/tmp',
  ];
  const child = spawn(REDIS_PROGRAM ?? '', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Redis does not start')), START_TIMEOUT_MS);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (!/ready to accept connections/i.test(text)) return;
      clearTimeout(timer);
      resolve();
    });
  });
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
