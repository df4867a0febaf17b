/** Runs streams in a process of its own, so that nothing which is measured shares an event loop with what measures. */
import { runStream } from './stream.ts';
import type { LoadOrder } from './run-load.ts';

process.once('message', (order: LoadOrder) => {
  void run(order);
});

async function run({ streams, durationMs, seed }: LoadOrder): Promise<void> {
  const reports = await Promise.all(
    streams.map(async (plan, index) => await runStream(plan, durationMs, seed + index)),
  );
  process.send?.(reports, () => process.disconnect());
}
