import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API, flagsOfStart } from './servers.ts';

const READY = 'Headgate is ready.';

/** How long the embedded mode takes from its start until it is ready, when it has been started before, in ms. */
export async function measureWarmStart(): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'headgate-start-'));
  // PostgreSQL may run as another user, who must pass through.
  await chmod(dataDir, 0o711);
  try {
    await startOnce(dataDir);
    return await startOnce(dataDir);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function startOnce(dataDir: string): Promise<number> {
  const [port, identityPort] = await Promise.all([freePort(), freePort()]);
  const startedAt = performance.now();
  const child = fork(API, [], {
    silent: true,
    execArgv: await flagsOfStart(),
    env: { DATA_DIR: dataDir, PORT: port, IDENTITY_PORT: identityPort, LOG_LEVEL: 'warn' },
  });
  child.stderr?.pipe(process.stderr);
  const exit = once(child, 'exit');
  let said = '';
  for await (const chunk of child.stdout ?? []) {
    said += String(chunk);
    if (said.includes(READY)) break;
  }
  if (!said.includes(READY)) throw new Error('the embedded mode ended before it was ready');
  const durationMs = performance.now() - startedAt;
  child.kill('SIGTERM');
  await exit;
  return durationMs;
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return String(port);
}
