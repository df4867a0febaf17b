import { DEFAULT_LIMITS, LOCAL_REGION, Limits, Region } from '@headgate/schema';
import { z } from 'zod';
import { ConfigError } from './error.ts';
import { parseJson } from './values.ts';

/** The domain of the data plane, as it stands in connection strings. */
export function readDomain(text: string): string {
  if (text.length > 200 || !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(text)) {
    throw new ConfigError('PROXY_DOMAIN', 'give a domain name, such as db.example.com');
  }
  return text;
}

const Regions = z.array(Region).min(1).max(100);

/** The regions that databases may be registered in. */
export function readRegions(text: string | undefined): Region[] {
  if (text === undefined) return [LOCAL_REGION];
  const value = parseJson(text);
  if (value === undefined) throw new ConfigError('REGIONS', 'give a JSON list of regions');
  const parsed = Regions.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ConfigError('REGIONS', `[${issue?.path.join('.') ?? ''}] ${issue?.message ?? 'is not valid'}`);
  }
  const ids = new Set(parsed.data.map(({ id }) => id));
  if (ids.size !== parsed.data.length) throw new ConfigError('REGIONS', 'give each region an id of its own');
  return parsed.data;
}

/** Limits that are not named keep their defaults. */
export function readLimits(text: string | undefined): Limits {
  if (text === undefined) return DEFAULT_LIMITS;
  const given = z.record(z.string(), z.unknown()).safeParse(parseJson(text));
  const parsed = Limits.strict().safeParse(given.success ? { ...DEFAULT_LIMITS, ...given.data } : undefined);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const named = issue?.path.length ? `${issue.path.join('.')} ` : '';
    throw new ConfigError(
      'LIMITS',
      `give a JSON object such as {"projects":50}: ${named}${issue?.message ?? 'is not valid'}`,
    );
  }
  return parsed.data;
}
