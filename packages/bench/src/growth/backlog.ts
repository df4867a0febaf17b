/** Audit entries that wait for their place in the chain, such as an outage of the job would leave behind. */
import { entryMac, entryText, type Vault } from '@headgate/core';
import { newId } from '@headgate/schema';
import type { Sql } from 'postgres';

/** A statement takes 65,535 parameters at most; an entry has about a dozen. */
const ENTRIES_PER_INSERT = 2_000;

interface Backlog {
  readonly organizations: number;
  readonly entriesEach: number;
}

/** Adds them all at once. They are the service's own, as their MACs say. @returns how many they are */
export async function insertBacklog(sql: Sql, vault: Vault, backlog: Backlog): Promise<number> {
  const entries = Array.from({ length: backlog.organizations * backlog.entriesEach }, (_, index) =>
    entryOf(vault, `org_backlog_${index % backlog.organizations}`),
  );
  await sql.begin(async (transaction) => {
    for (let first = 0; first < entries.length; first += ENTRIES_PER_INSERT) {
      const batch = entries.slice(first, first + ENTRIES_PER_INSERT);
      await transaction`insert into headgate.audit_entries ${transaction(batch)}`;
    }
  });
  return entries.length;
}

function entryOf(vault: Vault, orgId: string) {
  const createdAt = new Date();
  const content = {
    id: newId('aud') as string,
    org_id: orgId,
    project_id: null,
    actor_kind: 'user',
    actor_id: 'user_growth',
    action: 'database.update',
    resource_kind: 'database',
    resource_id: newId('db') as string,
    before: null,
    after: null,
    request_id: crypto.randomUUID(),
    address: '192.0.2.1',
  } as const;
  const mac = entryMac(vault, entryText(content, createdAt.toISOString()));
  return { ...content, created_at: createdAt, mac };
}
