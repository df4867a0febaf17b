import type { Connection } from '../connection.ts';
import { ask } from './ask.ts';
import { REPLICA_QUESTIONS } from './questions.ts';
import type { ServerFacts } from './result.ts';
import type { Finding, StepResult } from './steps.ts';
import { bytesAhead, walPosition } from './values.ts';

/** What is known of the primary that a replica should follow: facts of its own check, as far as there are any. */
export interface PrimaryFacts {
  readonly systemIdentifier?: string | undefined;
  /** Where its WAL stood when it was asked, which the lag in bytes is counted from. */
  readonly walPosition?: string | undefined;
}

export type ReplicationLag = Pick<ServerFacts, 'replicationLagBytes' | 'replicationLagSeconds'>;

const NOT_A_REPLICA: Finding = {
  outcome: 'failed',
  code: 'not_a_replica',
  message: 'The server is not in recovery: it is a primary itself.',
};
const OTHER_CLUSTER: Finding = {
  outcome: 'failed',
  code: 'other_cluster',
  message: 'The server belongs to another cluster than the primary that is registered.',
};
const SYSTEM_UNKNOWN: Finding = {
  outcome: 'warned',
  code: 'system_unknown',
  message: 'It could not be told whether the server follows the primary that is registered.',
};

/**
 * Says whether a server follows a primary, and how far behind it is.
 *
 * @throws UpstreamError when the connection does not hold
 */
export async function checkReplica(
  connection: Connection,
  { inRecovery, systemIdentifier }: ServerFacts,
  primary: PrimaryFacts,
): Promise<StepResult<ReplicationLag>> {
  if (inRecovery === false) return { value: {}, finding: NOT_A_REPLICA };
  const isKnown = systemIdentifier !== undefined && primary.systemIdentifier !== undefined;
  if (isKnown && systemIdentifier !== primary.systemIdentifier) return { value: {}, finding: OTHER_CLUSTER };
  const value = await readLag(connection, primary);
  return { value, finding: isKnown && inRecovery === true ? undefined : SYSTEM_UNKNOWN };
}

async function readLag(connection: Connection, primary: PrimaryFacts): Promise<ReplicationLag> {
  const { replay } = await ask(connection, REPLICA_QUESTIONS);
  if (replay === undefined) return {};
  const replayed = walPosition(replay['replayed']);
  // What it has received says nothing of what its primary has and could not send.
  const ahead = walPosition(primary.walPosition) ?? walPosition(replay['received']);
  const bytes = replayed === undefined || ahead === undefined ? undefined : bytesAhead(ahead, replayed);
  const age = Number(replay['age_seconds'] ?? Number.NaN);
  return {
    ...(bytes !== undefined && { replicationLagBytes: bytes }),
    // On an idle primary the last transaction grows old without anything missing.
    replicationLagSeconds:
      bytes === 0 || Number.isNaN(age) ? null : Math.max(0, Math.round(age * 1000) / 1000),
  };
}
