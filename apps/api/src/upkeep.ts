/** What the service does by itself, again and again, for nobody's request. */
import { purgeExpired, type Clock, type KeyUse, type Store } from '@headgate/core';
import type { Logger } from 'pino';

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
  /** Whether its last run failed, of a job that tells the log of that by itself. */
  readonly isFailing?: () => boolean;
}

/** What is told of a run to whoever watches. */
export interface JobRun {
  readonly job: string;
  readonly isFailed: boolean;
  readonly durationMs: number;
}

interface UpkeepOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly keyUse: KeyUse;
  readonly auditChains: Job;
  readonly log: Logger;
  /** Hears of each run. */
  readonly onRun?: ((run: JobRun) => void) | undefined;
}

/**
 * Starts the jobs, each at once and then at its interval, never beside itself. One that fails is told to the log and
 * tried again at its next time.
 *
 * @returns stops them: those under way are asked to end and waited for
 */
export function startUpkeep(options: UpkeepOptions): () => Promise<void> {
  const { store, clock, keyUse, auditChains, log, onRun } = options;
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
    auditChains,
  ];
  const started = jobs.map((job) => repeat(job, { log, onRun, signal: stopping.signal }));
  return async () => {
    stopping.abort();
    await Promise.all(started.map(async (stop) => await stop()));
  };
}

interface RepeatOptions extends Pick<UpkeepOptions, 'log' | 'onRun'> {
  readonly signal: AbortSignal;
}

function repeat(job: Job, { log, onRun, signal }: RepeatOptions): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  const run = async () => {
    const startedAt = performance.now();
    let isFailed = false;
    try {
      const told = await job.run(signal);
      if (told !== undefined) log.info({ job: job.name, ...told }, 'upkeep');
      isFailed = job.isFailing?.() ?? false;
    } catch (error) {
      isFailed = true;
      log.warn({ job: job.name, err: error }, 'upkeep failed; it is tried again');
    }
    onRun?.({ job: job.name, isFailed, durationMs: performance.now() - startedAt });
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
