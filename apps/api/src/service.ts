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
import { auditChainJob } from './audit-chain-job.ts';
import { createCredentials, roleLearner } from './auth/credentials.ts';
import { createKeySet } from './auth/jwks.ts';
import { createTokenVerifier } from './auth/token-verifier.ts';
import { checkVaultKeys } from './check-vault-keys.ts';
import type { AuthConfig, Config } from './config/index.ts';
import { documentsOnce } from './documents.ts';
import { trustProxies } from './http/caller-address.ts';
import { createHeavyPlaces } from './http/heavy-places.ts';
import { createSenders } from './http/senders.ts';
import { PLACES_PER_CONNECTION } from './limits.ts';
import { openRateLimits } from './rate-limit/open-rate-limits.ts';
import { listen } from './server.ts';
import type { Shutdown } from './shutdown.ts';
import { asDatabaseError, asListenError } from './start-errors.ts';
import { openTelemetry } from './telemetry/open-telemetry.ts';
import { watchParts, watchStore } from './telemetry/watch-parts.ts';
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
  const { databaseUrl } = services;
  const telemetry = await openTelemetry({ ...config, databaseUrl, log, shutdown });
  const { watch, observers, onRun } = telemetry;
  if (config.migrateOnStart) await migrateAndTell(databaseUrl, log);
  const store = watchStore(
    openStore({ url: databaseUrl, maxConnections: config.databaseMaxConnections }),
    watch,
  );
  await shutdown.add(async () => await store.close());
  const vault = await createVault(parseVaultKeys(services.vaultKeys));
  await checkVaultKeys({ store, vault, lost: config.lostVaultKeys, log });
  const keySet = createKeySet({ url: services.auth.jwksUrl, clock, log, watch });
  const tokens = createTokenVerifier({
    ...services.auth,
    ...{ orgsClaim: config.orgsClaim, keySet, clock, onVerified: roleLearner({ store, log }) },
  });
  const keyUse = createKeyUse({ store, clock });
  const credentials = createCredentials({ tokens, store, clock, keyUse });
  const { settings } = config;
  const rateLimits = await openRateLimits({
    ...{ config: config.rateLimits, databaseUrl, settings, store, clock, log },
  });
  await shutdown.add(rateLimits.close);
  const stopping = new AbortController();
  const [upstreamPlaces, heavyPlaces] = [createUpstreamPlaces(), createHeavyPlaces()];
  const trustedProxies = trustProxies(config.trustedProxies);
  const senders = createSenders({ credentials, trustedProxies });
  const deps = {
    ...{ store, vault, clock, log, keySet, settings, rateLimits, observers },
    credentials: senders.credentials,
    dns: createDns({ servers: config.dnsServers }),
    upstream: createUpstream({ allowedCidrs: config.upstreamAllowedCidrs, dnsServers: config.dnsServers }),
    ...{ upstreamPlaces, heavyPlaces, trustedProxies },
    corsOrigins: config.corsOrigins,
    imageSha: config.imageSha,
    isDraining: () => stopping.signal.aborted,
    documents: documentsOnce(),
  };
  const app = createApp(watchParts(deps, watch));
  const server = await listen({
    ...{ fetch: app.fetch, host: config.host, port: config.port, corsOrigins: config.corsOrigins, log },
    places: config.databaseMaxConnections * PLACES_PER_CONNECTION,
    senderOf: senders.senderOf,
  }).catch((error: unknown) => {
    throw asListenError(error);
  });
  const auditChains = auditChainJob({ store, vault, log });
  telemetry.tellOf({
    ...{ store, keySet, vault, keyUse, upstreamPlaces, heavyPlaces, auditChains },
    ...{ admission: server.admission, rateLimitStore: rateLimits.sharedStore },
  });
  const stopUpkeep = startUpkeep({ store, clock, keyUse, auditChains, log, onRun });
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
