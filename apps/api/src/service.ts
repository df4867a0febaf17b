/** Puts the API together from its configuration and the services that it needs, and runs it. */
import {
  createVault,
  migrate,
  openStore,
  parseVaultKeys,
  purgeExpired,
  systemClock,
  type Clock,
} from '@headgate/core';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { createKeySet } from './auth/jwks.ts';
import { createTokenVerifier } from './auth/token-verifier.ts';
import type { AuthConfig, Config } from './config.ts';
import { loadDocuments } from './documents.ts';
import { listen } from './server.ts';

const PURGE_INTERVAL_MS = 60 * 60_000;

/** The services that the API stands on, whether given or embedded. */
export interface Services {
  readonly databaseUrl: string;
  readonly auth: AuthConfig;
  readonly vaultKeys: string;
}

export interface RunningService {
  readonly url: string;
  /** Finishes what is under way and closes everything. */
  readonly stop: () => Promise<void>;
}

type ServiceConfig = Omit<Config, 'databaseUrl' | 'auth' | 'vaultKeys'>;

interface ServiceOptions {
  readonly config: ServiceConfig;
  readonly services: Services;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** Starts the API: migrates unless told otherwise, listens, and keeps house every hour. */
export async function startService({
  config,
  services,
  log,
  clock = systemClock,
}: ServiceOptions): Promise<RunningService> {
  if (config.migrateOnStart) {
    const applied = await migrate(services.databaseUrl);
    if (applied.length > 0) log.info({ applied }, 'migrated');
  }
  const store = openStore({ url: services.databaseUrl, maxConnections: config.databaseMaxConnections });
  const vault = await createVault(parseVaultKeys(services.vaultKeys));
  const keySet = createKeySet({ url: services.auth.jwksUrl, clock, log });
  const tokens = createTokenVerifier({ ...services.auth, orgsClaim: config.orgsClaim, keySet, clock });
  const stopping = new AbortController();
  const app = createApp({
    store,
    vault,
    clock,
    log,
    keySet,
    tokens,
    settings: config.settings,
    corsOrigins: config.corsOrigins,
    imageSha: config.imageSha,
    isDraining: () => stopping.signal.aborted,
    documents: await loadDocuments(),
  });
  const server = await listen({ fetch: app.fetch, host: config.host, port: config.port });
  const purging = setInterval(() => void purge(), PURGE_INTERVAL_MS);

  async function purge(): Promise<void> {
    try {
      log.info(await purgeExpired({ store, clock, signal: stopping.signal }), 'purged');
    } catch (error) {
      log.warn({ err: error }, 'purging failed; it is tried again in an hour');
    }
  }

  return {
    url: server.url,
    stop: async () => {
      stopping.abort();
      clearInterval(purging);
      await server.drain();
      await store.close();
    },
  };
}
