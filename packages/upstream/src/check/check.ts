import type { Connection } from '../connection.ts';
import { UpstreamError } from '../error.ts';
import type { Target } from '../target.ts';
import type { Upstream } from '../upstream.ts';
import { connectionBudget } from './budget.ts';
import { readServer, type ServerReading } from './read-server.ts';
import { checkReplica, type PrimaryFacts, type ReplicationLag } from './replica.ts';
import type { CheckResult } from './result.ts';
import { createStepLog, type StepLog } from './steps.ts';
import { warningsOf } from './warnings.ts';

/** Many times what a server that is well says in a check. */
const MAX_BYTES = 256 * 1024;

export interface CheckOptions {
  /** Bounds the whole. When it is aborted the check ends at once, and says so in its result. */
  readonly signal: AbortSignal;
  /** How many connections our pools may open to this server together; no budget is made without it. */
  readonly wantedConnections?: number | undefined;
  /** Asks whether the server follows this primary. */
  readonly replicaOf?: PrimaryFacts | undefined;
}

/**
 * Says whether a server works, step by step, and what it is. Whatever the server does is told in the result, and
 * nothing is left on it. It throws for nothing but a fault of our own.
 */
export async function checkUpstream(
  upstream: Upstream,
  target: Target,
  options: CheckOptions,
): Promise<CheckResult> {
  const { signal, replicaOf } = options;
  const log = createStepLog({ hasReplicaStep: replicaOf !== undefined });
  const connection = await open(upstream, target, signal, log);
  if (connection === undefined) return conclude(log, { latencyMs: null, warnings: [] });
  const latencyMs = Math.round(connection.latencyMs);
  try {
    const reading = await log.run('server', async () => await readServer(connection, target));
    if (reading === undefined) return conclude(log, { latencyMs, warnings: [] });
    const lag =
      replicaOf &&
      (await log.run('replica', async () => await checkReplica(connection, reading.facts, replicaOf)));
    return conclude(log, { latencyMs, ...describe(reading, lag, options) });
  } finally {
    await connection.close();
  }
}

/** The connection; undefined when there is none, and the log says why. */
async function open(
  upstream: Upstream,
  target: Target,
  signal: AbortSignal,
  log: StepLog,
): Promise<Connection | undefined> {
  try {
    return await upstream.connect(target, { signal, maxBytes: MAX_BYTES, onStep: log.report });
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    if (log.failure() === undefined) log.report({ step: error.step, durationMs: 0, error });
    return undefined;
  }
}

function describe(
  reading: ServerReading,
  lag: ReplicationLag | undefined,
  { wantedConnections, replicaOf }: CheckOptions,
): Pick<CheckResult, 'server' | 'budget' | 'warnings'> {
  const budget = wantedConnections === undefined ? undefined : connectionBudget(reading, wantedConnections);
  return {
    server: { ...reading.facts, ...lag },
    ...(budget && { budget }),
    warnings: warningsOf({ reading, budget, isReplica: replicaOf !== undefined }),
  };
}

function conclude(log: StepLog, found: Omit<CheckResult, 'ok' | 'checks' | 'error'>): CheckResult {
  const failure = log.failure();
  return {
    ok: failure === undefined,
    checks: log.steps(),
    ...found,
    ...(failure?.message !== undefined && { error: failure.message }),
  };
}
