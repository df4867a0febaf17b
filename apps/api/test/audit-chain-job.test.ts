import { newId, type AuditLog } from '@headgate/schema';
import postgres from 'postgres';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { auditChainJob } from '../src/audit-chain-job.ts';
import { capturedLog } from './harness.ts';
import { rows, useApi } from './support.ts';

const { api, owner } = await useApi();
const schemaOwner = postgres(api.databaseUrl, { max: 1, connection: { search_path: 'headgate' } });
afterAll(async () => await schemaOwner.end());
beforeEach(async () => {
  await schemaOwner`truncate audit_entries, audit_chains`;
  await api.createProject(owner);
});

const { signal } = new AbortController();
const unchained = async () =>
  (await rows<{ count: number }>(api, 'select count(*)::int from audit_entries where position is null'))[0]
    ?.count;

test('entries get their places without being read, and nothing is said of it', async () => {
  const { log, logs } = capturedLog();
  const job = auditChainJob({ ...api, log });
  expect(await unchained()).toBe(1);
  expect(await job.run(signal)).toBeUndefined();
  expect(await unchained()).toBe(0);
  await job.run(signal);
  expect(logs()).toBe('');
});

test('a chain that was forged is told once, and not every second', async () => {
  const { log, logs } = capturedLog();
  const job = auditChainJob({ ...api, log });
  await job.run(signal);
  await schemaOwner`update audit_chains set length = 2`;
  await api.createProject(owner);
  for (let round = 0; round < 3; round += 1) await job.run(signal);
  expect(logs().trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(logs())).toMatchObject({ level: 'error', org_id: owner.orgId });
  const answer = await api.send<AuditLog>('GET', `/v1/organizations/${owner.orgId}/audit-log`, { as: owner });
  expect(answer.body.entries).toHaveLength(2);
});

test('entries that were put in by SQL are told once, are not chained, and keep no others from it', async () => {
  const { log, logs } = capturedLog();
  const job = auditChainJob({ ...api, log });
  await schemaOwner`
    insert into audit_entries (id, org_id, actor_kind, actor_id, action, resource_kind, resource_id, request_id, created_at, mac)
    values (${newId('aud')}, ${owner.orgId}, 'user', 'u', 'project.delete', 'project', 'p', 'r', ${api.clock.now()}, 'k:m')
  `;
  for (let round = 0; round < 3; round += 1) await job.run(signal);
  expect(await unchained()).toBe(1);
  await api.createProject(owner);
  await job.run(signal);
  expect(await unchained()).toBe(1);
  expect(logs().trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(logs())).toMatchObject({ level: 'error', org_id: owner.orgId });
});

test('a database that is away is told when it goes and when it is back', async () => {
  const { log, logs } = capturedLog();
  let isAway = true;
  const store: typeof api.store = {
    ...api.store,
    maintain: async (query) => {
      if (isAway) throw new Error('away');
      return await api.store.maintain(query);
    },
  };
  const job = auditChainJob({ store, vault: api.vault, log });
  for (let round = 0; round < 3; round += 1) await job.run(signal);
  isAway = false;
  for (let round = 0; round < 3; round += 1) await job.run(signal);
  const levels = logs()
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { level: string }).level);
  expect(levels).toEqual(['warn', 'info']);
  expect(await unchained()).toBe(0);
});

test('what was asked to stop begins nothing more', async () => {
  const job = auditChainJob({ ...api, log: capturedLog().log });
  const stopping = new AbortController();
  stopping.abort();
  await job.run(stopping.signal);
  expect(await unchained()).toBe(1);
});
