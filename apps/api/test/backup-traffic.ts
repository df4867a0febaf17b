/** Traffic while a backup is taken, and what must be found of it after a restore. */
import { databaseInput } from '@headgate/testing';
import { expect } from 'vitest';
import { call, type Program } from './program.ts';

const WRITERS = 4;
/** So that a slow machine does not write without end while it waits for something else. */
const MAX_WRITTEN = 3_000;
/** What every password begins with that is written here, so that one search finds any of them. */
export const MARK = 'marked-pa$$word-7d2c41';

/** A database that was registered, as it was acknowledged last. */
export interface Written {
  readonly key: string;
  readonly body: ReturnType<typeof databaseInput>;
  readonly id: string;
  readonly createdAs: string;
  name: string;
}

interface Place {
  readonly url: string;
  readonly token: string;
  readonly projectId: string;
}

const databasesOf = ({ url, projectId }: Place) => `${url}/v1/projects/${projectId}/databases`;

/** Registers databases and renames them, several at once, until it is told to stop. */
export function startWriting(place: Place) {
  const written: Written[] = [];
  const stopping = new AbortController();
  const { token } = place;
  const writer = async () => {
    while (!stopping.signal.aborted && written.length < MAX_WRITTEN) {
      const key = crypto.randomUUID();
      const body = databaseInput({ password: `${MARK}-${key}` });
      const created = await call(databasesOf(place), { token, body, headers: { 'Idempotency-Key': key } });
      expect(created.status, created.text).toBe(201);
      const entry: Written = { key, body, id: created.body.id, createdAs: created.text, name: body.name };
      written.push(entry);
      const name = `renamed_${written.length}`;
      const url = `${databasesOf(place)}/${entry.id}`;
      const renamed = await call(url, { method: 'PATCH', token, body: { name } });
      expect(renamed.status, renamed.text).toBe(200);
      entry.name = name;
    }
  };
  const writers = Promise.all(Array.from({ length: WRITERS }, writer));
  // Whoever stops it hears of what failed.
  writers.catch(() => {});
  return {
    /** Grows while it runs. */
    written: written as readonly Written[],
    stop: async () => {
      stopping.abort();
      await writers;
    },
  };
}

/** Has every one of them read, with its password, and created once more under its key: each is there, and once. */
export async function expectThereOnce(place: Place, written: readonly Written[]): Promise<void> {
  const { token } = place;
  const queue = written.values();
  const reader = async () => {
    for (const { id, key, body, createdAs, name } of queue) {
      const url = `${databasesOf(place)}/${id}?show_sensitive=true`;
      const shown = await call(url, { method: 'GET', token });
      expect(shown.body, shown.text).toMatchObject({ id, name, password: body.password });
      const again = await call(databasesOf(place), { token, body, headers: { 'Idempotency-Key': key } });
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(again.text).toBe(createdAs);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, reader));
}

/** The audit log of the organization, which must be as it was written. @returns the end of its chain */
export async function verifyLog({ url, token }: Place, orgId: string) {
  const path = `${url}/v1/organizations/${orgId}/audit-log/verify`;
  const { body, text } = await call(path, { token });
  expect(body, text).toMatchObject({ verified: true, findings: [] });
  return body as { readonly entries_checked: number; readonly head: { position: number; hash: string } };
}

/** Whether an instance says that it can serve. */
export async function isReady(program: Program): Promise<boolean> {
  return (await fetch(`${await program.url()}/readyz`)).ok;
}
