import type { LimitChanges } from '@headgate/core';
import {
  LIMIT_NAMES,
  Limits,
  MAX_ORGANIZATION_ID_CHARS,
  type LimitName,
  type OrganizationLimits,
} from '@headgate/schema';
import { ConfigError } from '../config/index.ts';

const COMMAND = 'limits';
const DEFAULT = 'default';
const USAGE = `give an organization's id and what to set, such as: org_demo projects=50 api_keys=${DEFAULT}`;

interface Words {
  readonly orgId: string;
  readonly changes: LimitChanges;
}

/**
 * Reads what stands behind the command: an organization, and `name=number` or `name=default` for each limit to set.
 *
 * @throws ConfigError for the first word that is wrong
 */
export function parseLimitWords([orgId, ...assignments]: readonly string[]): Words {
  if (orgId === undefined || !isOrganizationId(orgId)) throw new ConfigError(COMMAND, USAGE);
  const changes = new Map<LimitName, number | null>();
  for (const assignment of assignments) {
    const [name = '', ...rest] = assignment.split('=');
    if (rest.length === 0) throw new ConfigError(COMMAND, USAGE);
    if (!isLimit(name))
      throw new ConfigError(COMMAND, `no limit is called "${name}"; there are ${LIMIT_NAMES.join(', ')}`);
    if (changes.has(name)) throw new ConfigError(COMMAND, `${name} is given twice; give it once`);
    changes.set(name, parseAllowed(name, rest.join('=')));
  }
  return { orgId, changes: Object.fromEntries(changes) };
}

/** Ids are the issuer's to choose; what looks like an option or an assignment is a slip. */
function isOrganizationId(text: string): boolean {
  return text !== '' && text.length <= MAX_ORGANIZATION_ID_CHARS && !/^-|=/.test(text);
}

function isLimit(name: string): name is LimitName {
  return (LIMIT_NAMES as readonly string[]).includes(name);
}

function parseAllowed(name: LimitName, text: string): number | null {
  if (text === DEFAULT) return null;
  const allowed = Limits.shape[name].safeParse(/^\d+$/.test(text) ? Number(text) : undefined);
  if (allowed.success) return allowed.data;
  const { minValue: min, maxValue: max } = Limits.shape[name];
  throw new ConfigError(COMMAND, `${name} must be a whole number from ${min} to ${max}, or ${DEFAULT}`);
}

/** The limits of an organization as a table for a terminal, a line each. */
export function limitsTable({ org_id: orgId, limits }: OrganizationLimits, defaults: Limits): string {
  const rows = LIMIT_NAMES.map((name) => {
    const limit = limits[name];
    return [name, 'used' in limit ? String(limit.used) : '', String(limit.allowed), String(defaults[name])];
  });
  const all = [['limit', 'used', 'allowed', DEFAULT], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
  const isUsed = LIMIT_NAMES.map((name) => limits[name]).some((limit) => 'used' in limit && limit.used > 0);
  const note = isUsed ? '' : ' (nothing is in it yet; is this its id, as the token has it?)';
  return [`organization ${orgId}${note}`, ...all.map((row) => line(row).join('  '))].join('\n');
}
