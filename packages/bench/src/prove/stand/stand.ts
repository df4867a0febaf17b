/** What a part of the proof runs on: PostgreSQL behind a wire, an issuer, and any number of instances. */
import { dirname, join } from 'node:path';
import { generateVaultKeys } from '@headgate/core';
import { TEST_AUDIENCE, startTestIssuer, type TestIssuer } from '@headgate/testing/issuer';
import { startTemporaryPostgres, type TemporaryPostgres } from '@headgate/testing/postgres';
import { layWire, type Wire } from '@headgate/testing/wire';
import type { Evidence } from '../evidence.ts';
import { dumpDatabase } from './dump.ts';
import { startInstance, type Instance } from './instance.ts';
import { createTenant, type Tenant } from './tenant.ts';
import { receiveTraces } from './traces.ts';

export type { Tenant };

type Env = Readonly<Record<string, string>>;

export interface StandOptions {
  /** Beside what every instance of this stand is told; an instance may be told more. */
  readonly env?: Env;
  /** Settings of PostgreSQL. */
  readonly settings?: Env;
}

export interface Stand {
  readonly postgres: TemporaryPostgres;
  /** What instances reach PostgreSQL through. */
  readonly wire: Wire;
  readonly issuer: TestIssuer;
  /** Starts one more instance on a free port. */
  readonly startInstance: (options?: {
    readonly env?: Env;
    readonly flags?: readonly string[];
  }) => Promise<Instance>;
  /** A new organization. No two share anything. */
  readonly tenant: () => Tenant;
  /**
   * Asks everything that runs for its metrics and ends it. What the database holds and has logged becomes evidence: by
   * SQL and as files.
   */
  readonly close: () => Promise<void>;
}

/** As in service: what is acknowledged survives a crash of the server. Only the machine is not expected to fail. */
const DURABLE = { synchronous_commit: 'on', full_page_writes: 'on', fsync: 'off', max_connections: '200' };

/** The tenants of a stand whose tokens are looked for, each by its signature: without one a token is worth nothing. */
const SAMPLED_TENANTS = 2;

/** An instance lets go within 10 s of being told to end. */
const DRAINED_WITHIN_MS = 15_000;

let stands = 0;

export async function startStand(
  evidence: Evidence,
  { env = {}, settings = {} }: StandOptions = {},
): Promise<Stand> {
  const standName = `stand-${(stands += 1)}`;
  const postgres = await startTemporaryPostgres({ ...DURABLE, ...settings });
  const [wire, issuer, traces] = await Promise.all([
    layWire(postgres.url()),
    startTestIssuer(),
    receiveTraces(evidence),
  ]);
  const vaultKeys = generateVaultKeys(new Date());
  evidence.know(new URL(postgres.url()).password);
  for (const { k } of (JSON.parse(vaultKeys) as { keys: { k: string }[] }).keys) {
    evidence.know(k);
    evidence.know(Buffer.from(k, 'base64url'));
  }
  const common = {
    PORT: '0',
    METRICS_PORT: '0',
    DATABASE_URL: wire.url,
    AUTH_ISSUER: issuer.url,
    AUTH_AUDIENCE: TEST_AUDIENCE,
    AUTH_JWKS_URL: issuer.jwksUrl,
    VAULT_KEYS: vaultKeys,
    LOG_LEVEL: 'trace',
    OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
    // Floods have proofs of their own; everywhere else nobody is to be refused for asking often.
    LIMITS: '{"requests_per_second":1000000}',
    ADDRESS_REQUESTS_PER_SECOND: '1000000',
    ADDRESS_FAILURES_PER_SECOND: '1000000',
    // Whatever is embedded by mistake must not be found in the repository afterwards.
    DATA_DIR: '/nonexistent/headgate',
    ...env,
  };
  const instances: Instance[] = [];
  let tenants = 0;
  return {
    postgres,
    wire,
    issuer,
    startInstance: async ({ env: over = {}, flags } = {}) => {
      const name = `${standName}-instance-${instances.length + 1}`;
      const instance = await startInstance({ name, env: { ...common, ...over }, flags, evidence });
      instances.push(instance);
      return instance;
    },
    tenant: () => {
      const suffix = `${standName}_${(tenants += 1)}`;
      const isSample = tenants <= SAMPLED_TENANTS;
      return createTenant({
        ...{ orgId: `org_${suffix}`, userId: `user_${suffix}`, issuer },
        keepRefusal: (refusal) => evidence.add('refusal', standName, refusal),
        keepToken: (token) => isSample && evidence.know(token.slice(token.lastIndexOf('.') + 1)),
      });
    },
    close: async () => {
      const running = instances.filter((instance) => instance.isRunning());
      await Promise.all(running.map(async (instance) => await endInstance(instance, evidence)));
      await Promise.all([wire.close(), issuer.close(), traces.close()]);
      try {
        await keepDatabase(evidence, standName, postgres);
      } finally {
        await postgres.stop();
      }
    },
  };
}

/** Ends it in order, so that all that it had to tell is told; one that takes too long for that is killed. */
async function endInstance(instance: Instance, evidence: Evidence): Promise<void> {
  evidence.add('metrics', instance.name, await instance.metrics().catch(() => ''));
  instance.signal('SIGTERM');
  const timer = setTimeout(() => instance.signal('SIGKILL'), DRAINED_WITHIN_MS);
  await instance.ended;
  clearTimeout(timer);
}

/** What a thief would find: the answers to queries, the files of the server once it has ended, and its log. */
async function keepDatabase(evidence: Evidence, name: string, postgres: TemporaryPostgres): Promise<void> {
  if (!(await postgres.isRunning())) await postgres.start();
  await dumpDatabase(postgres.url(), (rows) => evidence.add('dump', name, rows));
  // What the server still had in memory is in its files when it ends in order.
  await postgres.halt('fast');
  await evidence.take('log', `${name}-postgres`, join(dirname(postgres.clusterDir), 'start.log'));
  await evidence.take('data', name, postgres.clusterDir);
}
