import { Counter, Histogram, type Registry } from 'prom-client';
import type { JobRun } from '../upkeep.ts';
import { DURATION_BUCKETS_SECONDS } from './buckets.ts';
import { isFault } from './watch-parts.ts';
import type { Watch } from './watch.ts';

const outcomeOf = (isFailed: boolean) => (isFailed ? 'failed' : 'ok');

/** Measures what the parts of the service do for requests, and how it ends. */
export function watchOperations(registry: Registry): Watch {
  const durations = new Histogram({
    name: 'headgate_operation_duration_seconds',
    help: 'What requests wait for: the metadata database, authentication, the issuer, DNS, upstreams. By what is done and whether it failed; what callers may not have is no failure.',
    labelNames: ['operation', 'outcome'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [registry],
  });
  return async ({ name }, work) => {
    const startedAt = performance.now();
    let isFailed = false;
    try {
      return await work();
    } catch (error) {
      isFailed = isFault(error);
      throw error;
    } finally {
      const seconds = (performance.now() - startedAt) / 1000;
      durations.observe({ operation: name, outcome: outcomeOf(isFailed) }, seconds);
    }
  };
}

/** Counts what the service does by itself. */
export function watchJobs(registry: Registry): (run: JobRun) => void {
  const registers = [registry];
  const runs = new Counter({
    name: 'headgate_upkeep_runs_total',
    help: 'Runs of what the service does by itself, by the job and whether it failed.',
    labelNames: ['job', 'outcome'],
    registers,
  });
  const seconds = new Counter({
    name: 'headgate_upkeep_seconds_total',
    help: 'How long these runs have taken together, by the job.',
    labelNames: ['job'],
    registers,
  });
  return ({ job, isFailed, durationMs }) => {
    runs.inc({ job, outcome: outcomeOf(isFailed) });
    seconds.inc({ job }, durationMs / 1000);
  };
}
