/** Puts the API together from its configuration and the services that it needs, and runs it. */
import {
  createDns,
  createKeyUse,
  createUpstream,
  createUpstreamPlaces,
  createVault,
  migrate,
  openStore,
  parseVaultKeys,
  systemClock,
  type Clock,
} from '@headgate/core';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { createCredentials, roleLearner } from './auth/credentials.ts';
import { createKeySet } from './auth/jwks.ts';
import { createTokenVerifier } from './auth/token-verifier.ts';
import type { AuthConfig, Config } from './config/index.ts';
import { documentsOnce } from './documents.ts';
import { trustProxies } from './http/caller-address.ts';
import { openRateLimits } from './rate-limit/open-rate-limits.ts';
import { listen } from './server.ts';
import type { Shutdown } from './shutdown.ts';
import { asDatabaseError, asListenError } from './start-errors.ts';
import { startUpkeep } from './upkeep.ts';

/** The services that the API stands on, whether given or embedded. */
export interface Services {
  readonly databaseUrl: string;
  readonly auth: AuthConfig;
  readonly vaultKeys: string;
}

type ServiceConfig = Omit<Config, 'databaseUrl' | 'auth' | 'vaultKeys'>;

interface ServiceOptions {
  readonly config: ServiceConfig;
  readonly services: Services;
  readonly log: Logger;
  /** Learns how to stop what is started here: it finishes what is under way and closes everything. */
  readonly shutdown: Shutdown;
  readonly clock?: Clock;
}

/** Starts the API: migrates unless told otherwise, listens, and keeps house every hour. */
export async function startService(options: ServiceOptions): Promise<{ readonly url: string }> {
  const { config, services, log, shutdown, clock = systemClock } = options;
  if (config.migrateOnStart) await migrateAndTell(services.databaseUrl, log);
  const store = openStore({ url: services.databaseUrl, maxConnections: config.databaseMaxConnections });
  await shutdown.add(async () => await store.close());
  const vault = await createVault(parseVaultKeys(services.vaultKeys));
  const keySet = createKeySet({ url: services.auth.jwksUrl, clock, log });
  const tokens = createTokenVerifier({
    ...services.auth,
    ...{ orgsClaim: config.orgsClaim, keySet, clock, onVerified: roleLearner({ store, log }) },
  });
  const keyUse = createKeyUse({ store, clock });
  const credentials = createCredentials({ tokens, store, clock, keyUse });
  const { rateLimits, settings } = config;
  const limits = await openRateLimits({
    ...{ config: rateLimits, databaseUrl: services.databaseUrl, settings, store, clock, log },
  });
  await shutdown.add(limits.close);
  const stopping = new AbortController();
  const upstreamPlaces = createUpstreamPlaces();
  const app = createApp({
    ...{ store, vault, clock, log, keySet, credentials, settings, rateLimits: limits },
    dns: createDns({ servers: config.dnsServers }),
    upstream: createUpstream({ allowedCidrs: config.upstreamAllowedCidrs, dnsServers: config.dnsServers }),
    upstreamPlaces,
    trustedProxies: trustProxies(config.trustedProxies),
    corsOrigins: config.corsOrigins,
    imageSha: config.imageSha,
    isDraining: () => stopping.signal.aborted,
    documents: documentsOnce(),
  });
  const server = await listen({ fetch: app.fetch, host: config.host, port: config.port }).catch(
    (error: unknown) => {
      throw asListenError(error);
    },
  );
  const stopUpkeep = startUpkeep({ store, vault, clock, keyUse, log });
  await shutdown.add(async () => {
    stopping.abort();
    upstreamPlaces.stop();
    await server.drain();
    await stopUpkeep();
  });
  return { url: server.url };
}

async function migrateAndTell(url: string, log: Logger): Promise<void> {
  try {
    const applied = await migrate(url);
    if (applied.length > 0) log.info({ applied }, 'migrated');
  } catch (error) {
    throw asDatabaseError(error);
  }
}
