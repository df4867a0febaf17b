import type { Store } from '@headgate/db';
import { newId } from '@headgate/schema';
import { afterAll, expect, test } from 'vitest';
import { createAuditChainer, entryMac, entryText } from '../src/index.ts';
import { startCore } from './support.ts';

const ENTRIES = 3_000;
const BATCH = 500;

const core = await startCore();
afterAll(core.close);

async function insertEntries(count: number): Promise<void> {
  const { owner, vault } = core;
  const entries = Array.from({ length: count }, (_, index) => {
    const createdAt = new Date(Date.UTC(2026, 0, 1) + index);
    const content = {
      ...{ id: newId('aud') as string, org_id: 'org_backlog', project_id: null, actor_kind: 'user' as const },
      ...{
        actor_id: 'user',
        action: 'database.update',
        resource_kind: 'database' as const,
        resource_id: 'db',
      },
      ...{ before: null, after: null, request_id: 'request', address: null },
    };
    const mac = entryMac(vault, entryText(content, createdAt.toISOString()));
    return { ...content, created_at: createdAt, mac };
  });
  await owner`insert into audit_entries ${owner(entries)}`;
}

test('the links of a batch are not compared with every entry that waits, however little is known of them', async () => {
  // The statistics are from a time when every entry had its place.
  await insertEntries(BATCH);
  await createAuditChainer(core).chainPending();
  await core.owner`analyze`;
  await insertEntries(ENTRIES);
  const plans: string[] = [];
  const explaining: Store = {
    ...core.store,
    transact: async (options, work) =>
      await core.store.transact(options, async (tx) => {
        const run: typeof tx.run = async (query) => {
          const { sql } = query.compile();
          if (!sql.startsWith('update')) return await tx.run(query);
          // As PostgreSQL plans what it has been asked a few times: for any batch, of whatever size.
          const explain = { sql: `explain (generic_plan, costs off) ${sql}`, parameters: [] };
          const rows = await tx.run({ compile: () => ({ ...query.compile(), ...explain }) });
          plans.push(rows.map((row) => (row as { 'QUERY PLAN': string })['QUERY PLAN']).join('\n'));
          return [];
        };
        return await work({ run });
      }),
  };
  // What is explained is not carried out, and so nothing else of it is.
  await createAuditChainer({ ...core, store: explaining }).chainPending();
  expect(plans).toEqual([expect.stringMatching(/Hash Join/)]);
  expect(plans.join('\n')).not.toMatch(/Nested Loop/);
  expect(await createAuditChainer(core).chainPending()).toMatchObject({ chained: ENTRIES, failed: [] });
});
