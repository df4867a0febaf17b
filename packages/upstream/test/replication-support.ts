/** Servers that replicate, and what is asked of slots of theirs. */
import { uniqueName } from '@headgate/testing';
import { startUpstream, type TestUpstream, type TestUpstreamOptions } from '@headgate/testing/upstreams';
import type { Sql } from 'postgres';
import { afterAll } from 'vitest';
import type { FailureCode } from '../src/codes.ts';
import { prepareSlot, type PreparedSlot, type SlotRequest } from '../src/replication/prepare-slot.ts';
import type { Target } from '../src/target.ts';
import { createUpstream } from '../src/upstream.ts';

export const upstream = createUpstream({ allowedCidrs: ['127.0.0.0/8'] });

/** No test waits for what does not come. */
const TIMEOUT_MS = 30_000;
const signal = () => AbortSignal.timeout(TIMEOUT_MS);

/** Where a server is, for whoever logs in with this name and password. */
export function targetOf(
  { host, port, database }: TestUpstream,
  { username, password }: Pick<Target, 'username' | 'password'>,
): Target {
  return { host, port, database, username, password, sslMode: 'disable' };
}

/** A server with a role that may use slots and owns the database and its table. */
export interface ReplicationServer {
  readonly server: TestUpstream;
  /** The superuser, to set the scene and to look behind it. */
  readonly sql: Sql;
  readonly target: Target;
}

export async function startReplicationServer(options: TestUpstreamOptions = {}): Promise<ReplicationServer> {
  const server = await startUpstream(options);
  afterAll(async () => await server.stop());
  const sql = server.sql();
  await sql.unsafe(`alter role ${server.username} replication`);
  await sql.unsafe(
    `set role ${server.username}; create table public.orders (id int primary key); reset role`,
  );
  return { server, sql, target: targetOf(server, server) };
}

/** Names that no other test uses. */
export function names() {
  return { slot: uniqueName('slot').toLowerCase(), publication: uniqueName('Publication') };
}

export async function prepare(
  request: Pick<SlotRequest, 'target' | 'slot' | 'publication'> & Partial<SlotRequest>,
): Promise<PreparedSlot> {
  return await prepareSlot(upstream, { createIfMissing: false, ...request }, signal());
}

/** The codes of what is wrong, by the name of the check. */
export function failures({ checks }: PreparedSlot): Partial<Record<string, FailureCode | undefined>> {
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  return Object.fromEntries(failed.map(({ name, code }) => [name, code]));
}

/** Makes what a customer has made, the publication first. */
export async function makePair(sql: Sql, { slot, publication }: ReturnType<typeof names>): Promise<void> {
  await sql`create publication ${sql(publication)} for table public.orders`;
  await sql`select pg_create_logical_replication_slot(${slot}, 'pgoutput')`;
}

/** What there is of both on the server. */
export async function whatIsThere(sql: Sql, { slot, publication }: ReturnType<typeof names>) {
  const [row] = await sql<{ slot: boolean; publication: boolean }[]>`
    select exists (select from pg_replication_slots where slot_name = ${slot}) as slot,
      exists (select from pg_publication where pubname = ${publication}) as publication`;
  return row;
}
