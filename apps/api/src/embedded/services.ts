/** The services that the API needs, started here where the environment does not name others. */
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@headgate/core/embedded';
import { ConfigError, type Config } from '../config.ts';
import type { Services } from '../service.ts';
import { newSecret, openDataDir, type DataDir } from './data-dir.ts';
import { readDemoAccount, type DemoAccount } from './demo.ts';
import { EMBEDDED_AUDIENCE, startIdentity, type EmbeddedIdentity } from './identity.ts';
import { readEmbeddedVaultKeys } from './vault-keys.ts';

const DATABASE = 'headgate';

/** The embedded identity service and its demo account. */
interface IdentityWithDemo {
  readonly service: EmbeddedIdentity;
  readonly account: DemoAccount;
}

export interface ProvidedServices {
  readonly services: Services;
  readonly identity: IdentityWithDemo | undefined;
  readonly stop: () => Promise<void>;
}

/** Takes what the configuration names, and starts the rest: PostgreSQL, vault keys, identity, each by itself. */
export async function provideServices(config: Config): Promise<ProvidedServices> {
  const started: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const stopOne of started.splice(0).toReversed()) await stopOne();
  };
  try {
    // The folder is opened only where something embedded will live in it.
    const needsDataDir = config.databaseUrl === undefined || config.auth === undefined;
    const dataDir = needsDataDir ? await openDataDir(config.dataDir) : undefined;
    if (dataDir) started.push(dataDir.release);

    const databaseUrl = config.databaseUrl ?? (await providePostgres(config.dataDir, started));
    const vaultKeys = config.vaultKeys ?? (await readEmbeddedVaultKeys(config.dataDir));
    const identity =
      config.auth || !dataDir ? undefined : await provideIdentity(config, dataDir, databaseUrl);
    if (identity) started.push(identity.service.stop);
    const auth = config.auth ?? authOf(identity);
    return { services: { databaseUrl, vaultKeys, auth }, identity, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function providePostgres(dataDir: string, started: (() => Promise<void>)[]): Promise<string> {
  const server = await startPostgres(dataDir);
  started.push(server.stop);
  return server.url(DATABASE);
}

/** Starts the embedded PostgreSQL with the database of Headgate in it, or joins the one that runs. */
export async function startPostgres(dataDir: string): Promise<EmbeddedPostgres> {
  try {
    const server = await startEmbeddedPostgres({ dataDir });
    await server.ensureDatabase(DATABASE);
    return server;
  } catch (error) {
    const log = join(dataDir, 'postgres', 'server.log');
    throw new ConfigError(
      'DATABASE_URL',
      `the embedded PostgreSQL does not start: ${oneLine(error)} (its log: ${log})`,
    );
  }
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
  return { service, account };
}

function authOf(identity: IdentityWithDemo | undefined): Services['auth'] {
  if (identity === undefined) throw new Error('no issuer is configured and none was started');
  const { url, jwksUrl } = identity.service;
  return { issuer: url, audience: EMBEDDED_AUDIENCE, jwksUrl };
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
}
