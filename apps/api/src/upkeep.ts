/** What the service does by itself, again and again, for nobody's request. */
import { purgeExpired, type Clock, type KeyUse, type Store, type Vault } from '@headgate/core';
import type { Logger } from 'pino';
import { auditChainJob } from './audit-chain-job.ts';

const PURGE_INTERVAL_MS = 60 * 60_000;
/** As old as what is answered for the last use of a key may be; it is one statement, however many keys were used. */
const KEY_USE_INTERVAL_MS = 30_000;

export interface Job {
  readonly name: string;
  readonly intervalMs: number;
  /** @returns what the log is to be told; undefined when nothing was done */
  readonly run: (signal: AbortSignal) => Promise<object | undefined>;
  /** Whether it is done once more when the service stops. */
  readonly isDoneAtEnd?: boolean;
}

interface UpkeepOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly keyUse: KeyUse;
  readonly log: Logger;
}

/**
 * Starts the jobs, each at once and then at its interval, never beside itself. One that fails is told to the log and
 * tried again at its next time.
 *
 * @returns stops them: those under way are asked to end and waited for
 */
export function startUpkeep({ store, vault, clock, keyUse, log }: UpkeepOptions): () => Promise<void> {
  const stopping = new AbortController();
  const jobs: Job[] = [
    {
      name: 'purge',
      intervalMs: PURGE_INTERVAL_MS,
      run: async (signal) => await purgeExpired({ store, clock, signal }),
    },
    {
      name: 'key use',
      intervalMs: KEY_USE_INTERVAL_MS,
      run: async () => {
        await keyUse.flush();
        return undefined;
      },
      isDoneAtEnd: true,
    },
    auditChainJob({ store, vault, log }),
  ];
  const started = jobs.map((job) => repeat(job, { log, signal: stopping.signal }));
  return async () => {
    stopping.abort();
    await Promise.all(started.map(async (stop) => await stop()));
  };
}

interface RepeatOptions {
  readonly log: Logger;
  readonly signal: AbortSignal;
}

function repeat(job: Job, { log, signal }: RepeatOptions): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  const run = async () => {
    try {
      const told = await job.run(signal);
      if (told !== undefined) log.info({ job: job.name, ...told }, 'upkeep');
    } catch (error) {
      log.warn({ job: job.name, err: error }, 'upkeep failed; it is tried again');
    }
  };
  const start = () => {
    underWay ??= run().finally(() => {
      underWay = undefined;
    });
  };
  start();
  const timer = setInterval(start, job.intervalMs);
  return async () => {
    clearInterval(timer);
    await underWay;
    if (job.isDoneAtEnd === true) await run();
  };
}
