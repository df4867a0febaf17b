import { setImmediate } from 'node:timers/promises';

/** How long messages are read on end before whatever else waits in this process has its turn. */
const SLICE_MS = 2;

/** Cuts a long piece of work into slices. The answer says whether to wait, so that most calls cost no promise. */
export function createSlices(): { isOver(): boolean; pause(): Promise<void> } {
  let startMs = performance.now();
  return {
    isOver: () => performance.now() - startMs > SLICE_MS,
    pause: async () => {
      await setImmediate();
      startMs = performance.now();
    },
  };
}
