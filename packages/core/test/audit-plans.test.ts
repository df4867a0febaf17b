import type { AuditFilters } from '@headgate/schema';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selectLogged } from '../src/audit-log/filters.ts';
import { startCore, type Core } from './support.ts';

let house: Core;
beforeAll(async () => {
  house = await startCore();
  await house.owner`
    insert into audit_entries (id, org_id, project_id, actor_kind, actor_id, action, resource_kind, resource_id, request_id, created_at)
    select 'aud_' || lpad(n::text, 26, '0'), 'org_' || n % 3, 'prj_' || n % 100, 'user', 'user_' || n % 100, 'action_' || n % 20,
      'database', 'db_' || n % 500, 'r', now() + n * interval '1 second'
    from generate_series(1, 6000) n
  `;
  await house.owner`vacuum analyze audit_entries`;
});
afterAll(async () => await house.close());

/** Few rows are sorted faster than they are found in order; these settings show what many rows would show. */
async function planOf(projectId: string | undefined, filters: AuditFilters): Promise<string> {
  const page = selectLogged({ org_id: 'org_1', projectId }, filters)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(21)
    .compile();
  return await house.owner.begin(async (sql) => {
    for (const each of ['seqscan', 'sort', 'bitmapscan']) await sql.unsafe(`set local enable_${each} = off`);
    const lines = await sql.unsafe(`explain (costs off) ${page.sql}`, [...page.parameters] as never[]);
    return lines.map((line) => String(line['QUERY PLAN'])).join('\n');
  });
}

test.each<[index: string, projectId: string | undefined, filters: AuditFilters]>([
  ['audit_entries_of_organization', undefined, {}],
  ['audit_entries_of_organization', undefined, { created_before: new Date() }],
  ['audit_entries_of_project', 'prj_1', {}],
  ['audit_entries_of_project', undefined, { project_id: 'prj_1' }],
  ['audit_entries_by_actor', undefined, { actor_id: 'user_1' }],
  ['audit_entries_by_resource', undefined, { resource_id: 'db_1' }],
  ['audit_entries_by_action', undefined, { action: 'action_1' }],
])('a page is read along %s, without a sort (project %j, filters %j)', async (index, projectId, filters) => {
  const plan = await planOf(projectId, filters);
  expect(plan).toContain(`using ${index} `);
  expect(plan).not.toContain('Sort');
});
