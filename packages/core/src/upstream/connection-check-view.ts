import type { CheckStep, ConnectionCheck } from '@headgate/schema';
import type { CheckResult, CheckStep as Step, ConnectionBudget, ServerFacts } from '@headgate/upstream';

/** A check as its callers see it, built field by field. */
export function connectionCheckView(result: CheckResult): ConnectionCheck {
  const { ok, latencyMs, error, server, budget } = result;
  return {
    ok,
    latency_ms: latencyMs === null ? null : Math.round(latencyMs),
    ...(error !== undefined && { error }),
    ...(server?.version !== undefined && { server_version: server.version }),
    checks: result.checks.map(stepView),
    ...(server && { server: serverView(server) }),
    ...(budget && { connection_budget: budgetView(budget) }),
    warnings: result.warnings.map(({ code, message }) => ({ code, message })),
  };
}

/** A step of a check as its callers see it. */
export function stepView({ name, outcome, durationMs, code, message, hint }: Step): CheckStep {
  return { name, outcome, duration_ms: durationMs, ...defined({ code, message, hint }) };
}

function serverView(facts: ServerFacts): NonNullable<ConnectionCheck['server']> {
  return defined({
    version: facts.version,
    version_number: facts.versionNumber,
    in_recovery: facts.inRecovery,
    tls: facts.tls,
    max_connections: facts.maxConnections,
    reserved_connections: facts.reservedConnections,
    used_connections: facts.usedConnections,
    wal_level: facts.walLevel,
    wal_position: facts.walPosition,
    max_replication_slots: facts.maxReplicationSlots,
    time_zone: facts.timeZone,
    extensions: facts.extensions?.map(({ name, version }) => ({ name, version })),
    pooler: facts.pooler,
    system_identifier: facts.systemIdentifier,
    replication_lag_bytes: facts.replicationLagBytes,
    replication_lag_seconds: facts.replicationLagSeconds,
  });
}

function budgetView(budget: ConnectionBudget): NonNullable<ConnectionCheck['connection_budget']> {
  const { available, wanted, state } = budget;
  return {
    max_connections: budget.maxConnections,
    reserved: budget.reserved,
    used: budget.used,
    ...defined({ role_limit: budget.roleLimit, database_limit: budget.databaseLimit }),
    ...{ available, wanted, state },
  };
}

/** Without what is undefined: an answer leaves it out, and so does its record under an idempotency key. */
function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
