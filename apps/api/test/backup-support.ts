/** Headgate on a cluster of its own, as infra/ has an operator make it, with traffic: what tests of backups begin with. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { apiKeyInput } from '@headgate/testing';
import { startTemporaryPostgres, type TemporaryPostgres } from '@headgate/testing/postgres';
import postgres, { type Sql } from 'postgres';
import { expect, vi } from 'vitest';
import { startWriting } from './backup-traffic.ts';
import { call, type Program, type World } from './program.ts';

const ROLES = fileURLToPath(new URL('../../../infra/postgres/1-roles.sql', import.meta.url));
/** Enough to have written before, while and after a backup is taken. */
export const MANY = 40;
/** On a machine that does other things too. */
export const SLOW = { timeout: 300_000 };

/** As in service: what is acknowledged survives a crash of the server. */
const DURABLE = { synchronous_commit: 'on', full_page_writes: 'on' };

/** A superuser's client of a database of the server. */
export function superuser(server: TemporaryPostgres, database = 'postgres'): Sql {
  return postgres(server.url(database), { max: 2, onnotice: () => {} });
}

/** Whom an operator has the API and pg_dump log in as. */
export interface Logins {
  readonly ownerUrl: string;
  readonly backupUrl: string;
}

/** Makes the roles and the database that infra/ has an operator make. */
export async function prepareCluster(server: TemporaryPostgres): Promise<Logins> {
  const [owner = '', backup = ''] = [0, 1].map(() => randomBytes(16).toString('hex'));
  const sql = superuser(server);
  await sql.unsafe(await readFile(ROLES, 'utf8'));
  await sql.unsafe(
    `alter role headgate_owner password '${owner}'; alter role headgate_backup password '${backup}'`,
  );
  await sql`create database headgate owner headgate_owner`;
  await sql`revoke connect, temporary on database headgate from public`;
  await sql`grant connect on database headgate to headgate_backup`;
  await sql.end();
  return {
    ownerUrl: urlAs(server, 'headgate_owner', owner),
    backupUrl: urlAs(server, 'headgate_backup', backup),
  };
}

/** The URL of the metadata as another role. */
export function urlAs(server: TemporaryPostgres, username: string, password: string): string {
  return Object.assign(new URL(server.url('headgate')), { username, password }).href;
}

/** Headgate with traffic. */
export interface Running extends Logins {
  readonly server: TemporaryPostgres;
  readonly program: Program;
  readonly place: { readonly url: string; readonly token: string; readonly projectId: string };
  /** An API key, of which the database holds a hash. */
  readonly apiKey: { readonly id: string; readonly key: string };
  readonly writing: ReturnType<typeof startWriting>;
}

/** Starts a server whose acknowledged writes survive a crash. */
export async function startServer(
  settings: Readonly<Record<string, string>> = {},
): Promise<TemporaryPostgres> {
  return await startTemporaryPostgres({ ...DURABLE, ...settings });
}

/** Runs the program on another database than the world's own. */
export function runOn(world: World, url: string, env: Record<string, string> = {}): Program {
  return world.run({ env: { DATABASE_URL: url, ...env } });
}

/** Has requests come in on this server, which is new. */
export async function startRunning(world: World, server: TemporaryPostgres): Promise<Running> {
  const logins = await prepareCluster(server);
  const program = runOn(world, logins.ownerUrl);
  const { orgId, owner } = world.organization;
  const [url, token] = [await program.url(), owner.token];
  const project = await call(`${url}/v1/projects`, { token, body: { name: 'p', org_id: orgId } });
  const key = await call(`${url}/v1/organizations/${orgId}/api-keys`, { token, body: apiKeyInput() });
  const place = { url, token, projectId: String(project.body.project.id) };
  const apiKey = { id: String(key.body.id), key: String(key.body.api_key) };
  expect(apiKey.key, key.text).toMatch(/^hgo_/);
  return { server, ...logins, program, place, apiKey, writing: startWriting(place) };
}

export async function untilWritten({ writing }: Running, count: number): Promise<void> {
  await vi.waitFor(() => expect(writing.written.length).toBeGreaterThanOrEqual(count), SLOW);
}

/** What seals in this world, as the secrets that must stand nowhere. */
export function vaultKeysOf(world: World) {
  return (JSON.parse(world.env['VAULT_KEYS'] ?? '') as { keys: { kid: string; k: string }[] }).keys;
}

/** All that keeps tenants apart in the database: policies, privileges, and whom they hold. */
export async function readWalls(server: TemporaryPostgres) {
  const sql = superuser(server, 'headgate');
  const tables = await sql<{ table: string; is_forced: boolean }[]>`
    select t.relname as table, t.relrowsecurity and t.relforcerowsecurity as is_forced,
      pg_get_userbyid(t.relowner) as owner, t.relacl::text as privileges,
      (select json_agg(p order by p.policyname) from pg_policies p
       where p.schemaname = 'headgate' and p.tablename = t.relname) as policies
    from pg_class t where t.relnamespace = 'headgate'::regnamespace and t.relkind = 'r' order by 1`;
  const roles = await sql<{ rolname: string; rolsuper: boolean; rolbypassrls: boolean }[]>`
    select rolname, rolsuper, rolbypassrls, rolinherit, rolcanlogin from pg_roles
    where rolname in ('headgate_owner', 'headgate_app', 'headgate_maintenance') order by 1`;
  await sql.end();
  return { tables: [...tables], roles: [...roles] };
}
