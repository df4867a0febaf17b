import type { ConnectionCheck } from '@headgate/schema';
import { checkUpstream, type PrimaryFacts, type Target } from '@headgate/upstream';
import type { Context } from '../context.ts';
import type { AuditEntry } from '../audit.ts';
import { RecordedError } from '../recorded-error.ts';
import { connectionCheckView } from './connection-check-view.ts';
import { throwIfStopped, type Owned } from './places.ts';
import { useUpstream } from './use-upstream.ts';

interface Check {
  /** The database or replica, as it is or as it would be. */
  readonly of: Owned;
  readonly target: Target;
  /** How many connections pools may open to it together. */
  readonly wanted: number;
  /** Of a replica: what it should follow. */
  readonly primary?: Target | undefined;
}

/** Of the time of a replica's check, what its primary may take. */
const PRIMARY_TIMEOUT_MS = 5_000;

/**
 * Connects to an upstream, logs in and looks at it. A replica's primary is looked at first: what it has written by then
 * is what the replica is held against.
 *
 * @throws HeadgateError RATE_LIMITED or UNAVAILABLE as `useUpstream`; not for what a server does
 */
export async function checkConnection(
  ctx: Context,
  { of, target, wanted: wantedConnections, primary }: Check,
): Promise<ConnectionCheck> {
  return await useUpstream(ctx, of, async (signal) => {
    const replicaOf = primary && (await learnPrimary(ctx, primary, signal));
    const result = await checkUpstream(ctx.upstream, target, { signal, wantedConnections, replicaOf });
    // A check that we have cut off ourselves says nothing of the server.
    if (!result.ok) throwIfStopped(signal);
    return connectionCheckView(result);
  });
}

async function learnPrimary(
  { upstream }: Context,
  target: Target,
  whole: AbortSignal,
): Promise<PrimaryFacts> {
  const signal = AbortSignal.any([whole, AbortSignal.timeout(PRIMARY_TIMEOUT_MS)]);
  const { server = {} } = await checkUpstream(upstream, target, { signal });
  const { systemIdentifier, walPosition } = server;
  return { systemIdentifier, walPosition };
}

interface Tested {
  readonly check: ConnectionCheck;
  readonly target: Target;
}

/**
 * Goes on only where a test went well.
 *
 * @param of what the audit log tells of the test otherwise, but for what came of it
 * @throws RecordedError UPSTREAM_CHECK_FAILED with the steps of the test
 */
export function requireOk({ check, target }: Tested, of: Omit<AuditEntry, 'before' | 'after'>): void {
  const { ok, error, checks } = check;
  if (ok) return;
  const entry = { ...of, after: testedView(target, check) };
  throw new RecordedError('UPSTREAM_CHECK_FAILED', error ?? 'The upstream could not be used.', {
    ...{ checks, entry },
  });
}

/** What the audit log tells of a test: where it went, as whom, and what came of it. */
export function testedView(
  { host, port, database, username, sslMode }: Target,
  { ok, checks }: ConnectionCheck,
): object {
  const code = checks.find(({ outcome }) => outcome === 'failed')?.code;
  return { host, port, name: database, username, ssl_mode: sslMode, ok, ...(code !== undefined && { code }) };
}
