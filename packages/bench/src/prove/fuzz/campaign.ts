/** Sends what is generated, by several callers at once, and judges all that is answered. */
import { createTally, type Outcome } from './tally.ts';
import { createWorker, type Caller, type WorkerOptions } from './worker.ts';

export interface CampaignOptions extends Omit<WorkerOptions, 'tally'> {
  readonly callers: readonly Caller[];
  /** Whether to send more, when so many have been generated. */
  readonly goesOn: (generated: number) => boolean;
}

/**
 * Each caller sends every so-manieth request, one after the other: which of them meets which state is the same again for
 * the same seed, as far as both runs get.
 */
export async function runCampaign({ callers, goesOn, ...options }: CampaignOptions): Promise<Outcome> {
  const tally = createTally();
  const workers = await Promise.all(
    callers.map(async (caller, index) => await createWorker({ ...options, tally }, caller, index)),
  );
  try {
    await Promise.all(
      workers.map(async ({ work, ids }, index) => {
        const other = workers[(index + 1) % workers.length];
        for (let number = index; goesOn(tally.generated()); number += workers.length)
          await work(number, other?.ids() ?? ids());
      }),
    );
  } finally {
    for (const { close } of workers) close();
  }
  return tally.outcome();
}
