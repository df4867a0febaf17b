/** What a part of the proof runs on: PostgreSQL behind a wire, an issuer, and any number of instances. */
import { generateVaultKeys } from '@headgate/core';
import { createHeadgateClient, type HeadgateClient, type HeadgateOptions } from '@headgate/sdk';
import { TEST_AUDIENCE, startTestIssuer, type TestIssuer } from '@headgate/testing/issuer';
import { startTemporaryPostgres, type TemporaryPostgres } from '@headgate/testing/postgres';
import { layWire, type Wire } from '@headgate/testing/wire';
import type { Evidence } from '../evidence.ts';
import { startInstance, type Instance } from './instance.ts';
import { receiveTraces } from './traces.ts';

type Env = Readonly<Record<string, string>>;

export interface StandOptions {
  /** Beside what every instance of this stand is told; an instance may be told more. */
  readonly env?: Env;
  /** Settings of PostgreSQL. */
  readonly settings?: Env;
}

/** An organization with its owner. */
export interface Tenant {
  readonly orgId: string;
  readonly userId: string;
  /** A token that is good for a quarter of an hour from now. */
  readonly token: () => Promise<string>;
  /** The client of the owner, towards an instance. It repeats nothing unless told to. */
  readonly client: (instance: Pick<Instance, 'url'>, options?: Partial<HeadgateOptions>) => HeadgateClient;
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
  /** Asks everything that runs for its metrics, ends it, and removes what it stood on. */
  readonly close: () => Promise<void>;
}

/** As in service: what is acknowledged survives a crash of the server. Only the machine is not expected to fail. */
const DURABLE = { synchronous_commit: 'on', full_page_writes: 'on', fsync: 'off', max_connections: '200' };

let stands = 0;

export async function startStand(
  evidence: Evidence,
  { env = {}, settings = {} }: StandOptions = {},
): Promise<Stand> {
  const number = (stands += 1);
  const postgres = await startTemporaryPostgres({ ...DURABLE, ...settings });
  const [wire, issuer, traces] = await Promise.all([
    layWire(postgres.url()),
    startTestIssuer(),
    receiveTraces(evidence),
  ]);
  const vaultKeys = generateVaultKeys(new Date());
  evidence.know(new URL(postgres.url()).password);
  for (const { k } of (JSON.parse(vaultKeys) as { keys: { k: string }[] }).keys) evidence.know(k);
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
      const name = `stand-${number}-instance-${instances.length + 1}`;
      const instance = await startInstance({ name, env: { ...common, ...over }, flags, evidence });
      instances.push(instance);
      return instance;
    },
    tenant: () => {
      const suffix = `${number}_${(tenants += 1)}`;
      return createTenant({ orgId: `org_proof_${suffix}`, userId: `user_proof_${suffix}`, issuer });
    },
    close: async () => {
      const running = instances.filter((instance) => instance.isRunning());
      for (const instance of running) {
        const metrics = await instance.metrics().catch(() => '');
        evidence.add('metrics', instance.name, metrics);
        instance.signal('SIGKILL');
        await instance.ended;
      }
      await Promise.all([wire.close(), issuer.close(), traces.close()]);
      await postgres.stop();
    },
  };
}

interface TenantOptions {
  readonly orgId: string;
  readonly userId: string;
  readonly issuer: TestIssuer;
}

function createTenant({ orgId, userId, issuer }: TenantOptions): Tenant {
  const organizations = [{ id: orgId, name: orgId, slug: orgId, role: 'owner' }];
  const token = async () => await issuer.token({ subject: userId, organizations });
  return {
    ...{ orgId, userId, token },
    client: ({ url }, options = {}) =>
      createHeadgateClient({ baseUrl: url, token, maxRetries: 0, ...options } as HeadgateOptions),
  };
}
