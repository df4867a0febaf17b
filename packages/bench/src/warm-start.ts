import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark } from './benchmark.ts';
import { freePort } from './free-port.ts';
import { WARM_START_GOAL_MS } from './goals.ts';
import { API, flagsOfStart } from './servers.ts';
import { goal } from './table.ts';

const READY = 'Headgate is ready.';

export const start: Benchmark = {
  name: 'start',
  run: async () => {
    const durationMs = await measureWarmStart();
    const isKept = durationMs < WARM_START_GOAL_MS;
    const wanted = goal(`under ${WARM_START_GOAL_MS / 1000}`, isKept);
    return { text: `warm start ${(durationMs / 1000).toFixed(1)} s ${wanted}`, isKept };
  },
};

/** How long the embedded mode takes from its start until it is ready, when it has been started before, in ms. */
async function measureWarmStart(): Promise<number> {
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
    env: {
      ...{ DATA_DIR: dataDir, LOG_LEVEL: 'warn' },
      ...{ PORT: String(port), IDENTITY_PORT: String(identityPort) },
    },
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
