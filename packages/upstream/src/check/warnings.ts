import type { ServerReading } from './read-server.ts';
import type { CheckWarning, CheckWarningCode, ConnectionBudget, Pooler } from './result.ts';

/**
 * The oldest major version that still gets security fixes. Each gets them for five years: 14 had its last on 12
 * November 2026 (postgresql.org/support/versioning).
 */
const OLDEST_SUPPORTED_MAJOR = 15;
const VERSION_NUMBERS_PER_MAJOR = 10_000;

const POOLER_NAMES: Readonly<Record<Pooler, string>> = {
  pgbouncer: 'PgBouncer',
  supavisor: 'Supavisor',
  neon: "Neon's pooler",
  rds_proxy: 'RDS Proxy',
  unknown: 'Another pooler',
};

interface Warned {
  readonly reading: ServerReading;
  readonly budget: ConnectionBudget | undefined;
  /** Whether it is to be a replica, which is in recovery as it should. */
  readonly isReplica: boolean;
}

/** What the owner of a server should know that works. */
export function warningsOf({ reading, budget, isReplica }: Warned): CheckWarning[] {
  const { facts, isSuperuser, passwordEncryption } = reading;
  const { versionNumber, pooler } = facts;
  const warnings: CheckWarning[] = [];
  const warn = (code: CheckWarningCode, message: string) => void warnings.push({ code, message });
  if (facts.tls === undefined) {
    warn('plain_connection', 'The connection is not encrypted: whoever is on the way can read all of it.');
  }
  if (isSuperuser) {
    warn('superuser_role', 'The role is a superuser. Give Headgate a role that may do only what is needed.');
  }
  if (passwordEncryption === 'md5' || passwordEncryption === 'on') {
    warn('md5_password', 'The server stores new passwords as MD5. Set password_encryption to scram-sha-256.');
  }
  if (versionNumber !== undefined && versionNumber < OLDEST_SUPPORTED_MAJOR * VERSION_NUMBERS_PER_MAJOR) {
    warn(
      'unsupported_version',
      `PostgreSQL ${facts.version ?? ''} gets no security fixes any more. Upgrade it.`,
    );
  }
  if (facts.inRecovery === true && !isReplica) {
    warn(
      'in_recovery',
      'The server is in recovery: it takes no writes. Register the primary, and this as a replica.',
    );
  }
  if (pooler !== undefined) {
    warn(
      'behind_pooler',
      `${POOLER_NAMES[pooler]} answers in place of the server. What is said here is of the server behind it, and the pooler may let through fewer connections.`,
    );
  }
  if (budget !== undefined && budget.state !== 'fits') warnings.push(budgetWarning(budget));
  return warnings;
}

function budgetWarning({ wanted, available, state }: ConnectionBudget): CheckWarning {
  const together = `The pools may open ${wanted} connections together, and the server has ${available} left for them.`;
  return state === 'exceeds'
    ? { code: 'pools_exceed_server', message: `${together} Make them smaller, or raise its limits.` }
    : { code: 'pools_near_server', message: `${together} There is little room for anybody else.` };
}
