import type { Connection } from '../connection.ts';
import { isWithin, normalized } from '../provider.ts';
import type { Pooler } from './result.ts';

/** PgBouncer keeps these for each client and tells of them in one go (its varcache.c); PostgreSQL mixes them. */
const KEPT_BY_PGBOUNCER = [
  'client_encoding',
  'DateStyle',
  'TimeZone',
  'standard_conforming_strings',
  'application_name',
];

/**
 * Tells whether a pooler answers. That one does is a fact where the host is one that a provider gives its pooler, where
 * the server says so itself, or where the process that is named for cancelling is not the one that serves us: a pooler
 * cannot give its clients the key of one backend. Which one it is, the order of parameters tells for PgBouncer: that is
 * a guess. A pooler that hands through everything is not seen.
 */
export function detectPooler(
  host: string,
  { parameters, processId }: Pick<Connection, 'parameters' | 'processId'>,
  servingProcessId: number | undefined,
): Pooler | undefined {
  const name = normalized(host);
  if (isWithin(name, 'pooler.supabase.com')) return 'supavisor';
  if (isWithin(name, 'neon.tech') && /^[^.]*-pooler\./.test(name)) return 'neon';
  if (/\.proxy-[a-z0-9]+\.[a-z0-9-]+\.rds\.amazonaws\.com(?:\.cn)?$/.test(name)) return 'rds_proxy';
  if (parameters.get('server_version')?.endsWith('/bouncer') === true) return 'pgbouncer';
  if (processId === undefined || servingProcessId === undefined || processId === servingProcessId) {
    return undefined;
  }
  const names = Array.from(parameters.keys());
  const last = names.indexOf('application_name');
  const run = names.slice(Math.max(0, last + 1 - KEPT_BY_PGBOUNCER.length), last + 1);
  return KEPT_BY_PGBOUNCER.every((kept) => run.includes(kept)) ? 'pgbouncer' : 'unknown';
}
