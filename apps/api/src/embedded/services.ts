/** The services that the API needs, started here where the environment does not name others. */
import { join } from 'node:path';
import { hasCluster, startEmbeddedPostgres, type EmbeddedPostgres } from '@headgate/core/embedded';
import { ConfigError, type Config } from '../config/index.ts';
import type { Services } from '../service.ts';
import type { Shutdown } from '../shutdown.ts';
import { newSecret, openDataDir, type DataDir } from './data-dir.ts';
import { readDemoAccount, type DemoAccount } from './demo.ts';
import { EMBEDDED_AUDIENCE, startIdentity, type EmbeddedIdentity } from './identity.ts';
import { readEmbeddedVaultKeys } from './vault-keys.ts';

/** The database of Headgate in the embedded PostgreSQL. */
export const EMBEDDED_DATABASE = 'headgate';
/** How often the embedded PostgreSQL is looked after. */
const WATCH_INTERVAL_MS = 5_000;

/** The embedded identity service with the account of its demo user. */
interface IdentityWithDemo extends EmbeddedIdentity {
  readonly account: DemoAccount;
}

export interface ProvidedServices {
  readonly services: Services;
  readonly identity: IdentityWithDemo | undefined;
  /** Rejects when one of the embedded services has ended by itself. */
  readonly ended: Promise<never>;
}

/** Takes what the configuration names, and starts the rest: PostgreSQL, vault keys, identity, each by itself. */
export async function provideServices(config: Config, shutdown: Shutdown): Promise<ProvidedServices> {
  // The folder is opened only where something embedded will live in it.
  const needsDataDir = config.databaseUrl === undefined || config.auth === undefined;
  const dataDir = needsDataDir ? await openDataDir(config.dataDir) : undefined;
  if (dataDir) await shutdown.add(dataDir.release);

  const vaultKeys = config.vaultKeys ?? (await readEmbeddedVaultKeys(config.dataDir, hasCluster));
  const postgres = config.databaseUrl === undefined ? await startPostgres(config.dataDir) : undefined;
  if (postgres) await shutdown.add(postgres.stop);
  const databaseUrl = config.databaseUrl ?? postgres?.url(EMBEDDED_DATABASE) ?? '';

  const identity = config.auth || !dataDir ? undefined : await provideIdentity(config, dataDir, databaseUrl);
  if (identity) await shutdown.add(identity.stop);
  return {
    services: { databaseUrl, vaultKeys, auth: config.auth ?? authOf(identity) },
    identity,
    ended: Promise.race([...(postgres ? [watch(postgres)] : []), ...(identity ? [identity.ended] : [NEVER])]),
  };
}

const NEVER = new Promise<never>(() => {});

/** Starts the embedded PostgreSQL with the database of Headgate in it, or joins the one that runs. */
export async function startPostgres(dataDir: string): Promise<EmbeddedPostgres> {
  let server: EmbeddedPostgres | undefined;
  try {
    server = await startEmbeddedPostgres({ dataDir });
    await server.ensureDatabase(EMBEDDED_DATABASE);
    return server;
  } catch (error) {
    if (server?.isJoined === false) await server.stop();
    const place = join(dataDir, 'postgres');
    const remedy = `its logs are in ${place}`;
    throw new ConfigError('DATA_DIR', `the embedded PostgreSQL does not start: ${oneLine(error)}; ${remedy}`);
  }
}

/** Rejects when the server is found to have ended. Looking does not keep the process alive. */
async function watch(server: EmbeddedPostgres): Promise<never> {
  return await new Promise((_resolve, reject) => {
    const timer = setInterval(() => void look(), WATCH_INTERVAL_MS).unref();
    async function look(): Promise<void> {
      if (await server.isRunning()) return;
      clearInterval(timer);
      reject(new Error('the embedded PostgreSQL has ended'));
    }
  });
}

async function provideIdentity(
  config: Config,
  dataDir: DataDir,
  databaseUrl: string,
): Promise<IdentityWithDemo> {
  const account = await readDemoAccount(dataDir);
  const service = await startIdentity({
    databaseUrl,
    port: config.identityPort,
    secret: await dataDir.keep('identity-secret', newSecret),
    demo: account,
    logLevel: config.logLevel,
  });
  return { ...service, account };
}

function authOf(identity: EmbeddedIdentity | undefined): Services['auth'] {
  if (identity === undefined) throw new Error('no issuer is configured and none was started');
  return { issuer: identity.url, audience: EMBEDDED_AUDIENCE, jwksUrl: identity.jwksUrl };
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
}
