import { DEFAULT_LIMITS, LIMIT_NAMES, LOCAL_REGION, Limits, Region } from '@headgate/schema';
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

/** Of a name that stands in an error. */
const MAX_QUOTED_CHARS = 50;
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
  const remedy = 'give a JSON object such as {"projects":50}';
  const given = z.record(z.string(), z.unknown()).safeParse(parseJson(text));
  if (!given.success) throw new ConfigError('LIMITS', remedy);
  const unknown = Object.keys(given.data).find((name) => !(LIMIT_NAMES as readonly string[]).includes(name));
  if (unknown !== undefined) {
    const named = JSON.stringify(unknown.slice(0, MAX_QUOTED_CHARS));
    throw new ConfigError('LIMITS', `${remedy}: there is no limit ${named}, but ${LIMIT_NAMES.join(', ')}`);
  }
  const parsed = Limits.safeParse({ ...DEFAULT_LIMITS, ...given.data });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ConfigError(
    'LIMITS',
    `${remedy}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`,
  );
}
