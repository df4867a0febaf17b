import type { ServerReading } from './read-server.ts';
import type { ConnectionBudget } from './result.ts';
import { limitOf, wholeNumber } from './values.ts';

/** Beyond this part of what is left, a restart of whoever else connects may find the server full. */
const TIGHT_FROM = 0.8;

/**
 * Holds what pools may open together against what a server lets them. What is reserved is left to those that it is
 * reserved for, also where our role were one of them. Undefined when the server does not tell enough.
 */
export function connectionBudget(
  { facts, usage, isSuperuser }: ServerReading,
  wanted: number,
): ConnectionBudget | undefined {
  const { maxConnections, reservedConnections: reserved = 0, usedConnections: used } = facts;
  if (maxConnections === undefined || used === undefined || usage === undefined) return undefined;
  // Neither limit holds for a superuser (PostgreSQL manual, CREATE ROLE and CREATE DATABASE).
  const roleLimit = isSuperuser ? undefined : limitOf(usage['role_limit']);
  const databaseLimit = isSuperuser ? undefined : limitOf(usage['database_limit']);
  const left = (limit: number | undefined, taken: string | null | undefined) =>
    limit === undefined ? Infinity : limit - (wholeNumber(taken) ?? 0);
  const available = Math.max(
    0,
    Math.min(
      maxConnections - reserved - used,
      left(roleLimit, usage['used_by_role']),
      left(databaseLimit, usage['used_in_database']),
    ),
  );
  return {
    ...{ maxConnections, reserved, used },
    ...(roleLimit !== undefined && { roleLimit }),
    ...(databaseLimit !== undefined && { databaseLimit }),
    ...{ available, wanted },
    state: stateOf(wanted, available),
  };
}

function stateOf(wanted: number, available: number): ConnectionBudget['state'] {
  if (wanted > available) return 'exceeds';
  return wanted > available * TIGHT_FROM ? 'tight' : 'fits';
}
