import type { Settings } from '@headgate/core';
import { MAX_PORT, MIN_PORT } from '@headgate/schema';
import { readAuth, readPointer, type AuthConfig } from './auth.ts';
import { readDnsServers } from './dns.ts';
import { readDatabaseUrl, readLostVaultKeys, readVaultKeys } from './metadata.ts';
import { readOrigins, readTrustedProxies, readUpstreamAllowedCidrs } from './network.ts';
import { readDomain, readLimits, readRegions } from './offer.ts';
import { readRateLimits, type RateLimitConfig } from './rate-limits.ts';
import { readMetrics, readTraces, type MetricsConfig, type TraceConfig } from './telemetry.ts';
import { readInteger, readOneOf } from './values.ts';

export type { AuthConfig } from './auth.ts';
export { ConfigError } from './error.ts';
export { parseDatabaseUrl } from './metadata.ts';
export type { RateLimitConfig, RateLimitStore } from './rate-limits.ts';
export type { MetricsConfig, SamplerConfig, TraceConfig } from './telemetry.ts';

type Env = Readonly<Record<string, string | undefined>>;

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
  /** Ids of keys that are gone for good. */
  readonly lostVaultKeys: readonly string[];
  readonly settings: Settings;
  readonly dnsServers: readonly string[] | undefined;
  /** Ranges that upstreams may lie in although they are not public, as CIDRs. */
  readonly upstreamAllowedCidrs: readonly string[];
  readonly rateLimits: RateLimitConfig;
  /** Addresses and CIDRs. */
  readonly trustedProxies: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly imageSha: string;
  /** Where metrics are served, and where traces are sent; undefined when they are not. */
  readonly metrics: MetricsConfig | undefined;
  readonly traces: TraceConfig | undefined;
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
  const port = readInteger('PORT', get('PORT'), { min: 0, max: MAX_PORT, absent: 8787 });
  return {
    host: get('HOST') ?? '127.0.0.1',
    port,
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
    lostVaultKeys: readLostVaultKeys(get('VAULT_KEYS_LOST')),
    settings: {
      proxyDomain: readDomain(get('PROXY_DOMAIN') ?? 'localhost'),
      proxyPort: readInteger('PROXY_PORT', get('PROXY_PORT'), { min: MIN_PORT, max: MAX_PORT, absent: 6432 }),
      regions: readRegions(get('REGIONS')),
      limits: readLimits(get('LIMITS')),
    },
    rateLimits: readRateLimits(get),
    trustedProxies: readTrustedProxies(get('TRUSTED_PROXIES')),
    dnsServers: readDnsServers(get('DNS_SERVERS')),
    upstreamAllowedCidrs: readUpstreamAllowedCidrs(get('UPSTREAM_ALLOWED_CIDRS'), databaseUrl === undefined),
    corsOrigins: readOrigins(get('CORS_ORIGINS')),
    imageSha: get('IMAGE_SHA') ?? 'unknown',
    metrics: readMetrics(get, port),
    traces: readTraces(get),
    logLevel: readOneOf('LOG_LEVEL', get('LOG_LEVEL') ?? 'info', LOG_LEVELS),
    migrateOnStart:
      readOneOf('MIGRATE_ON_START', get('MIGRATE_ON_START') ?? 'true', ['true', 'false']) === 'true',
  };
}
