/** What the suites of replication slots ask of an API and of a customer's server. */
import type { Database, ErrorEnvelope } from '@headgate/schema';
import { slotInput, type TestActor } from '@headgate/testing';
import type { TestUpstream, TestUpstreamOptions } from '@headgate/testing/upstreams';
import type { Sql } from 'postgres';
import type { TestAnswer, TestApi } from './harness.ts';
import { tokenFor, useProject } from './support.ts';
import { inputOf, useServer } from './upstream-support.ts';

/** An API, a customer's server with a table, and a database that is registered with a role that may use slots. */
export interface SlotWorld {
  readonly api: TestApi;
  readonly owner: TestActor;
  readonly projectId: string;
  readonly server: TestUpstream;
  /** The superuser of the customer's server, to set the scene and to look behind it. */
  readonly sql: Sql;
  readonly send: <B = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<TestAnswer<B>>;
  /** Registers the database once more, and answers the path of its slots. */
  readonly newDatabase: (over?: object) => Promise<string>;
}

export async function useSlotWorld(options?: TestUpstreamOptions): Promise<SlotWorld> {
  const { api, owner, projectId } = await useProject();
  const server = await useServer(options);
  const sql = server.sql();
  await sql.unsafe(`alter role ${server.username} replication`);
  await sql.unsafe(
    `set role ${server.username}; create table public.orders (id int primary key); reset role`,
  );
  const send: SlotWorld['send'] = async (method, path, body, headers = {}) =>
    await api.send(method, path, { token: await tokenFor(api, owner), body, headers });
  const databases = `/v1/projects/${projectId}/databases`;
  return {
    ...{ api, owner, projectId, server, sql, send },
    newDatabase: async (over = {}) => {
      const answer = await send<Database>('POST', databases, { ...inputOf(server), ...over });
      return `${databases}/${answer.body.id}/replication-slots`;
    },
  };
}

/** A slot that is to be made, with a publication of one table. */
export function wish(over: object = {}) {
  return { ...slotInput(), create_if_missing: true, tables: ['public.orders'], ...over };
}

/** The codes of what is wrong, by the name of the check. */
export function codesOf({ body }: TestAnswer): Record<string, string | undefined> {
  const { checks = [] } = (body as ErrorEnvelope).error;
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  return Object.fromEntries(failed.map(({ name, code }) => [name, code]));
}

/** What there is on the customer's server. */
export async function whatIsThere(
  sql: Sql,
  { slot_name: slot, publication_name: publication }: { slot_name: string; publication_name: string },
) {
  const [row] = await sql<{ slot: boolean; publication: boolean }[]>`
    select exists (select from pg_replication_slots where slot_name = ${slot}) as slot,
      exists (select from pg_publication where pubname = ${publication}) as publication`;
  return row;
}
