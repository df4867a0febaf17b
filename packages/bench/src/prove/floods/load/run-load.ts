import { inProcess } from '../in-process.ts';
import type { StreamPlan, StreamReport } from './stream.ts';

const PROGRAM = new URL('./load-process.ts', import.meta.url);

/** What a process of load is told to do. */
export interface LoadOrder {
  readonly streams: readonly StreamPlan[];
  readonly durationMs: number;
  /** Arrivals come at the same times again for the same seed. */
  readonly seed: number;
}

/** Runs streams beside each other in one process of their own. */
export async function runLoad(order: LoadOrder): Promise<StreamReport[]> {
  return await inProcess<StreamReport[]>(PROGRAM, order);
}
