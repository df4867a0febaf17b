import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Instance } from '../stand/instance.ts';

/** The clocks of instances, which can be moved while they run. */
export interface MovableClock {
  /** What makes an instance's clock movable: flags for node. */
  readonly flags: readonly string[];
  /** Sets the clocks of these instances this far from the real time, and resolves when they show it. */
  readonly set: (instances: readonly Instance[], movedMs: number) => Promise<void>;
}

const MODULE = new URL('./moved-clock.ts', import.meta.url);
const POLL_MS = 20;
const TIMEOUT_MS = 10_000;
/** Between asking for the time and reading the answer. */
const TOLERANCE_MS = 60_000;

/** @param dir where the file lies that says how far they are moved */
export function createMovableClock(dir: string): MovableClock {
  const file = join(dir, `clock-${crypto.randomUUID()}`);
  const url = new URL(MODULE);
  url.searchParams.set('file', file);
  return {
    flags: ['--import', url.href],
    set: async (instances, movedMs) => {
      await writeFile(file, String(movedMs));
      for (const instance of instances) {
        instance.signal('SIGUSR2');
        await untilMoved(instance, movedMs);
      }
    },
  };
}

async function untilMoved({ url, name }: Instance, movedMs: number): Promise<void> {
  const until = performance.now() + TIMEOUT_MS;
  while (performance.now() < until) {
    const health = (await (await fetch(`${url}/v1/health`)).json()) as { timestamp: string };
    if (Math.abs(Date.parse(health.timestamp) - Date.now() - movedMs) < TOLERANCE_MS) return;
    await setTimeout(POLL_MS);
  }
  throw new Error(`the clock of ${name} could not be moved`);
}
