/** What a verb is given, on a real database, and a look behind the wall at what it has left there. */
import { createVault, generateVaultKeys, parseVaultKeys, type Vault, type VaultKey } from '@headgate/vault';
import { openStore, type Store } from '@headgate/db';
import { DEFAULT_LIMITS, LOCAL_REGION, newId, type Role, type Scope } from '@headgate/schema';
import {
  createTestClock,
  createTestDatabase,
  databaseInput,
  projectInput,
  uniqueName,
  type TestClock,
} from '@headgate/testing';
import postgres, { type Sql } from 'postgres';
import {
  createDatabase,
  createDns,
  createProject,
  createUpstream,
  createUpstreamPlaces,
  type Context,
} from '../src/index.ts';

/** What a key holds, and where. */
interface Bearer {
  readonly scopes: readonly Scope[];
  readonly orgId: string;
  /** The one project that it is for; the whole organization unless one is named. */
  readonly projectId?: string | null;
  /** The role of its owner. */
  readonly role?: Role;
}

export interface Core {
  readonly store: Store;
  readonly clock: TestClock;
  readonly vault: Vault;
  /** The owner of the schema, whom no policy holds. */
  readonly owner: Sql;
  readonly url: string;
  /** A context of a person with this role in an organization of its own, unless one is named. */
  readonly context: (over?: Partial<Context> & { readonly role?: Role; readonly orgId?: string }) => Context;
  /** A context of a program with an API key, whose owner is somebody of its own. */
  readonly bearer: (of: Bearer) => Context;
  readonly close: () => Promise<void>;
}

export function newKey(): VaultKey {
  const [key] = parseVaultKeys(generateVaultKeys(new Date()));
  if (key === undefined) throw new Error('no key was made');
  return key;
}

export async function startCore(): Promise<Core> {
  const database = await createTestDatabase();
  const clock = createTestClock();
  const store = openStore({ url: database.url, maxConnections: 8 });
  const owner = postgres(database.url, {
    max: 2,
    onnotice: () => {},
    connection: { search_path: 'headgate' },
  });
  const vault = await createVault([newKey()]);
  const settings = {
    proxyDomain: 'proxy.example.com',
    proxyPort: 6432,
    regions: [LOCAL_REGION],
    limits: DEFAULT_LIMITS,
  };
  const context: Core['context'] = ({ role = 'owner', orgId = uniqueName('org'), ...over } = {}) => ({
    actor: {
      ...{ kind: 'user', id: uniqueName('user'), toldAt: clock.now() },
      organizations: [{ id: orgId, role }],
    },
    requestId: uniqueName('request'),
    address: '192.0.2.1',
    ...{ clock, store, vault, dns: createDns({}), settings },
    // Nobody answers there: no test of verbs asks who really has the names in it.
    upstream: createUpstream({ allowedCidrs: ['127.0.0.0/8', '::1/128'], dnsServers: ['127.0.0.1:9'] }),
    upstreamPlaces: createUpstreamPlaces(),
    ...over,
  });
  const bearer: Core['bearer'] = ({ scopes, orgId, projectId = null, role = 'owner' }) =>
    context({
      actor: {
        ...{ kind: 'api_key', id: newId('key'), ownerId: uniqueName('user') },
        ...{ toldAt: clock.now(), expiresAt: null },
        organizations: [{ id: orgId, role }],
        ...{ scopes, projectId },
      },
    });
  return {
    ...{ store, clock, vault, owner, url: database.url, context, bearer },
    close: async () => {
      await Promise.all([store.close(), owner.end()]);
      await database.drop();
    },
  };
}

export function orgOf(ctx: Context): string {
  return ctx.actor.organizations[0]?.id ?? '';
}

/** A project with so many databases, and the password of each by its id. */
export async function seedProject(ctx: Context, count: number) {
  const { view } = await createProject({ ctx, input: projectInput(orgOf(ctx)) });
  const projectId = view.project.id;
  const passwords = new Map<string, string>();
  const add = async () => {
    const database = databaseInput();
    const answer = await createDatabase({ ctx, input: { projectId, database } });
    passwords.set(answer.view.id, database.password);
  };
  await Promise.all(Array.from({ length: count }, add));
  return { projectId, passwords };
}

/** Every password as it opens in this vault, by its database's id. */
export async function openAll(owner: Sql, vault: Vault): Promise<Map<string, string>> {
  const rows = await owner<{ id: string; sealed_password: string }[]>`
    select id, sealed_password from databases where sealed_password is not null
  `;
  const opened = rows.map(async (row) => {
    return [row.id, await vault.open(row.sealed_password, `databases/${row.id}/password`)] as const;
  });
  return new Map(await Promise.all(opened));
}
