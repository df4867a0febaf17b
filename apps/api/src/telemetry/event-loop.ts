import { Histogram, type Registry } from 'prom-client';

const INTERVAL_MS = 20;

/**
 * Measures how long whoever is due has to wait for the one thread that serves everybody.
 *
 * A histogram of it adds up, whoever reads it and however often. That of node (`monitorEventLoopDelay`) does not: it
 * must be emptied to tell what was lately, and each time forgets the delay in which that was done, which is the one that
 * is looked for when a scrape comes late.
 *
 * @returns stops measuring
 */
export function watchEventLoop(registry: Registry): () => void {
  const delays = new Histogram({
    name: 'headgate_event_loop_delay_seconds',
    help: 'How late a timer is that is due 50 times a second. Whatever else is due meanwhile waits as long.',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  });
  let dueAt = performance.now() + INTERVAL_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    delays.observe(Math.max(now - dueAt, 0) / 1000);
    dueAt = now + INTERVAL_MS;
  }, INTERVAL_MS).unref();
  return () => clearInterval(timer);
}
