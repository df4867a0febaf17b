import type { Connection, ConnectOptions } from '../connection.ts';
import type { Door } from '../door/door.ts';
import { UpstreamError } from '../error.ts';
import type { SslMode, Target } from '../target.ts';
import { attempt, type Attempt, type Encryption } from './attempt.ts';
import { Steps } from './steps.ts';

/** What is tried, in order (PostgreSQL manual, section 32.19.3, table 32.1). */
const ATTEMPTS: Readonly<Record<SslMode, readonly [Encryption, Encryption?]>> = {
  disable: ['no'],
  allow: ['no', 'yes'],
  prefer: ['if-possible', 'no'],
  require: ['yes'],
  'verify-ca': ['yes'],
  'verify-full': ['yes'],
};

/**
 * Resolves, judges, dials, encrypts and logs in, telling of each step. Of two attempts, the steps are those of the one
 * that counts: the one that succeeded, or else the one that got further.
 *
 * @throws UpstreamError
 */
export async function connect(door: Door, target: Target, options: ConnectOptions): Promise<Connection> {
  const { signal, onStep = () => {} } = options;
  const { host, sslMode } = target;
  const startMs = performance.now();
  const steps = new Steps(signal, onStep);
  const addresses = await steps.take('name', async () => await door.resolve(host, signal));
  const admitted = await steps.take('address', () => door.admit(host, addresses));
  const way = { door, admitted, target, options, startMs };
  const [first, second] = ATTEMPTS[sslMode];
  let result = await attempt(way, first);
  if (second !== undefined && isWorthAnother(result, second) && !signal.aborted) {
    result = further(result, await attempt(way, second));
  }
  result.reports.forEach(onStep);
  if (result.connection === undefined) throw result.error;
  return result.connection;
}

/** libpq tries the other way where the server said no to this one; plain is not tried twice. */
function isWorthAnother({ isRefused, isEncrypted, reports }: Attempt, next: Encryption): boolean {
  return isRefused && (next === 'yes' || isEncrypted || reports.at(-1)?.step === 'tls');
}

function further(first: Attempt, second: Attempt): Attempt {
  return second.connection === undefined && rank(first.error) > rank(second.error) ? first : second;
}

/** How far an attempt got. That one of two ways is closed says less than what happened on the other. */
function rank(error: unknown): number {
  if (!(error instanceof UpstreamError) || error.code === 'tls_required') return 0;
  if (error.step !== 'login') return 1;
  return error.code === 'no_pg_hba_entry' ? 2 : 3;
}
