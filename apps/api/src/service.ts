/** Puts the API together from its configuration and the services that it needs, and runs it. */
import {
  createVault,
  migrate,
  openStore,
  parseVaultKeys,
  purgeExpired,
  systemClock,
  type Clock,
  type Store,
} from '@headgate/core';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { createKeySet } from './auth/jwks.ts';
import { createTokenVerifier } from './auth/token-verifier.ts';
import type { AuthConfig, Config } from './config.ts';
import { documentsOnce } from './documents.ts';
import { listen } from './server.ts';
import type { Shutdown } from './shutdown.ts';
import { asDatabaseError, asListenError } from './start-errors.ts';

const PURGE_INTERVAL_MS = 60 * 60_000;

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
  const tokens = createTokenVerifier({ ...services.auth, orgsClaim: config.orgsClaim, keySet, clock });
  const stopping = new AbortController();
  const app = createApp({
    ...{ store, vault, clock, log, keySet, tokens, settings: config.settings },
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
  const purge = async () => await purgeAndTell(store, { clock, log, signal: stopping.signal });
  void purge();
  const purging = setInterval(() => void purge(), PURGE_INTERVAL_MS);
  await shutdown.add(async () => {
    stopping.abort();
    clearInterval(purging);
    await server.drain();
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

interface Housekeeping {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Purging is no one's request: when it fails, the log is told, and an hour later it is tried again. */
async function purgeAndTell(store: Store, { clock, log, signal }: Housekeeping): Promise<void> {
  try {
    log.info(await purgeExpired({ store, clock, signal }), 'purged');
  } catch (error) {
    log.warn({ err: error }, 'purging failed; it is tried again in an hour');
  }
}
