import { isIP } from 'node:net';
import { parseVaultKeys, VaultError, type Settings } from '@headgate/core';
import { LOCAL_REGION, MAX_PORT, MIN_PORT, Region } from '@headgate/schema';
import { z } from 'zod';

/** The environment is wrong in one variable. The message is one line that says what to do. */
export class ConfigError extends Error {
  constructor(variable: string, remedy: string) {
    super(`${variable}: ${remedy}`);
    this.name = 'ConfigError';
  }
}

type Env = Readonly<Record<string, string | undefined>>;

/** Who signs the tokens that are accepted. */
export interface AuthConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
}

/** What the environment says. What is absent and comes with the embedded mode is undefined. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly identityPort: number;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly databaseMaxConnections: number;
  readonly auth: AuthConfig | undefined;
  readonly orgsClaim: string;
  readonly vaultKeys: string | undefined;
  readonly settings: Settings;
  readonly corsOrigins: readonly string[];
  readonly imageSha: string;
  readonly logLevel: string;
  readonly migrateOnStart: boolean;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const DEFAULT_MAX_CONNECTIONS = 10;
const MAX_CONNECTIONS = 500;

/**
 * Reads the configuration from the environment. An empty variable counts as absent.
 *
 * @param defaultDataDir where embedded state goes unless DATA_DIR says otherwise
 * @throws ConfigError for the first variable that is wrong; its value is never quoted, since it may be a secret
 */
export function readConfig(env: Env, defaultDataDir: string): Config {
  const get = (name: string) => (env[name] === '' ? undefined : env[name]);
  const databaseUrl = readDatabaseUrl(get('DATABASE_URL'));
  return {
    host: get('HOST') ?? '127.0.0.1',
    port: readInteger('PORT', get('PORT'), { min: 0, max: MAX_PORT, absent: 8787 }),
    identityPort: readInteger('IDENTITY_PORT', get('IDENTITY_PORT'), {
      min: MIN_PORT,
      max: MAX_PORT,
      absent: 8788,
    }),
    dataDir: get('DATA_DIR') ?? defaultDataDir,
    databaseUrl,
    databaseMaxConnections: readInteger('DATABASE_MAX_CONNECTIONS', get('DATABASE_MAX_CONNECTIONS'), {
      min: 1,
      max: MAX_CONNECTIONS,
      absent: DEFAULT_MAX_CONNECTIONS,
    }),
    auth: readAuth(get('AUTH_ISSUER'), get('AUTH_AUDIENCE'), get('AUTH_JWKS_URL')),
    orgsClaim: readPointer(get('AUTH_ORGS_CLAIM') ?? '/orgs'),
    vaultKeys: readVaultKeys(get('VAULT_KEYS'), databaseUrl !== undefined),
    settings: {
      proxyDomain: readDomain(get('PROXY_DOMAIN') ?? 'localhost'),
      proxyPort: readInteger('PROXY_PORT', get('PROXY_PORT'), { min: MIN_PORT, max: MAX_PORT, absent: 6432 }),
      regions: readRegions(get('REGIONS')),
    },
    corsOrigins: readOrigins(get('CORS_ORIGINS')),
    imageSha: get('IMAGE_SHA') ?? 'unknown',
    logLevel: readOneOf('LOG_LEVEL', get('LOG_LEVEL') ?? 'info', LOG_LEVELS),
    migrateOnStart:
      readOneOf('MIGRATE_ON_START', get('MIGRATE_ON_START') ?? 'true', ['true', 'false']) === 'true',
  };
}

interface IntegerBounds {
  readonly min: number;
  readonly max: number;
  readonly absent: number;
}

function readInteger(name: string, text: string | undefined, { min, max, absent }: IntegerBounds): number {
  if (text === undefined) return absent;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new ConfigError(name, `give a whole number from ${min} to ${max}`);
  return value;
}

function readOneOf(name: string, text: string, values: readonly string[]): string {
  if (!values.includes(text)) throw new ConfigError(name, `give one of ${values.join(', ')}`);
  return text;
}

function readDatabaseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol) || url.pathname.length < 2) {
    throw new ConfigError(
      'DATABASE_URL',
      'give a URL of the form postgresql://user:password@host:5432/database',
    );
  }
  return text;
}

function readAuth(
  issuer: string | undefined,
  audience: string | undefined,
  jwksUrl: string | undefined,
): AuthConfig | undefined {
  if (issuer === undefined && audience === undefined && jwksUrl === undefined) return undefined;
  const all =
    'set AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL together, or none of them for the embedded identity';
  if (issuer === undefined) throw new ConfigError('AUTH_ISSUER', all);
  if (audience === undefined) throw new ConfigError('AUTH_AUDIENCE', all);
  if (jwksUrl === undefined) throw new ConfigError('AUTH_JWKS_URL', all);
  checkSecureUrl('AUTH_ISSUER', issuer);
  checkSecureUrl('AUTH_JWKS_URL', jwksUrl);
  return { issuer, audience, jwksUrl };
}

/** Keys that came in the clear could be anyone's; only this machine's own loopback is exempt. */
function checkSecureUrl(name: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))) return;
  throw new ConfigError(name, 'give an https URL (http is accepted for loopback addresses only)');
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'))
  );
}

function readPointer(text: string): string {
  if (!/^(\/([^~/]|~[01])*)+$/.test(text))
    throw new ConfigError('AUTH_ORGS_CLAIM', 'give a JSON pointer (RFC 6901), such as /orgs');
  return text;
}

function readVaultKeys(text: string | undefined, isRequired: boolean): string | undefined {
  if (text === undefined) {
    if (!isRequired) return undefined;
    throw new ConfigError('VAULT_KEYS', 'give a JWK Set of 256-bit oct keys; it is needed with DATABASE_URL');
  }
  try {
    parseVaultKeys(text);
    return text;
  } catch (error) {
    if (error instanceof VaultError) throw new ConfigError('VAULT_KEYS', error.message);
    throw error;
  }
}

function readDomain(text: string): string {
  if (text.length > 200 || !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(text)) {
    throw new ConfigError('PROXY_DOMAIN', 'give a domain name, such as db.example.com');
  }
  return text;
}

const Regions = z.array(Region).min(1).max(100);

function readRegions(text: string | undefined): Region[] {
  if (text === undefined) return [LOCAL_REGION];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError('REGIONS', 'give a JSON list of regions');
  }
  const parsed = Regions.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ConfigError('REGIONS', `[${issue?.path.join('.') ?? ''}] ${issue?.message ?? 'is not valid'}`);
  }
  const ids = new Set(parsed.data.map(({ id }) => id));
  if (ids.size !== parsed.data.length) throw new ConfigError('REGIONS', 'give each region an id of its own');
  return parsed.data;
}

function readOrigins(text: string | undefined): string[] {
  const origins = text?.split(',').map((origin) => origin.trim()) ?? [];
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new ConfigError(
        'CORS_ORIGINS',
        'give a comma-separated list of origins, such as https://console.example.com',
      );
    }
  }
  return origins;
}
