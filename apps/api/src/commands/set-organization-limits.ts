import { randomUUID } from 'node:crypto';
import {
  createDns,
  createUpstream,
  createUpstreamPlaces,
  createVault,
  getOrganizationLimits,
  openStore,
  parseVaultKeys,
  setOrganizationLimits as setLimits,
  systemClock,
  type Context,
  type Store,
} from '@headgate/core';
import { hasCluster } from '@headgate/core/embedded';
import { ConfigError, type Config } from '../config/index.ts';
import { asDatabaseError } from '../start-errors.ts';
import { limitsTable, parseLimitWords } from './limit-words.ts';
import { withMetadata, type Metadata } from './with-metadata.ts';

interface LimitsOptions {
  readonly config: Config;
  /** An organization's id, and what to set. */
  readonly words: readonly string[];
  /** Says something to the person at the terminal. */
  readonly say: (text: string) => void;
}

/**
 * Sets limits of an organization, where some are given, and shows what it uses and what it may have. The API may run
 * meanwhile, and holds to the new limits at once.
 *
 * @throws ConfigError with the one line that says what is wrong
 */
export async function setOrganizationLimits({ config, words, say }: LimitsOptions): Promise<void> {
  const { orgId, changes } = parseLimitWords(words);
  if (config.databaseUrl === undefined && !(await hasCluster(config.dataDir)))
    throw new ConfigError(
      'DATA_DIR',
      `nothing is embedded in ${config.dataDir}; start the service there first`,
    );
  await withMetadata(config, async (metadata) => {
    const store = openStore({ url: metadata.url, maxConnections: 1 });
    try {
      await checkReady(store);
      const ctx = await operatorOf(orgId, { store, config, metadata });
      const limits =
        Object.keys(changes).length === 0
          ? await getOrganizationLimits({ ctx, input: { orgId } })
          : (await setLimits({ ctx, input: { orgId, limits: changes } })).view;
      say(limitsTable(limits, config.settings.limits));
    } catch (error) {
      throw asDatabaseError(error);
    } finally {
      await store.close();
    }
  });
}

/** A database that no service has migrated yet knows neither of limits nor of roles. */
async function checkReady(store: Store): Promise<void> {
  try {
    await store.checkReady();
  } catch (error) {
    const known = asDatabaseError(error);
    if (known instanceof ConfigError) throw known;
    const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
    throw new ConfigError(
      'DATABASE_URL',
      `the database is not ready (${reason}); start the service on it first`,
    );
  }
}

interface Surroundings {
  readonly store: Store;
  readonly config: Config;
  readonly metadata: Metadata;
}

/** Whoever is at this terminal, for one organization. */
async function operatorOf(orgId: string, { store, config, metadata }: Surroundings): Promise<Context> {
  return {
    actor: { kind: 'operator', id: 'operator', organizations: [{ id: orgId, role: 'owner' }] },
    requestId: randomUUID(),
    address: undefined,
    clock: systemClock,
    store,
    dns: createDns({ servers: config.dnsServers }),
    upstream: createUpstream({ allowedCidrs: [] }),
    upstreamPlaces: createUpstreamPlaces(),
    vault: await createVault(parseVaultKeys(metadata.vaultKeys)),
    settings: config.settings,
  };
}
