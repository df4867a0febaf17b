import { customDomainInput, projectInput } from '@headgate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as core from '../src/index.ts';
import { orgOf, startCore, type Core } from './support.ts';

const WINDOW_MS = 30 * 86_400_000;

let house: Core;
beforeAll(async () => {
  house = await startCore();
});
afterAll(async () => await house.close());

/** A domain in a project of its own. */
async function seedDomain(ctx = house.context()) {
  const { view } = await core.createProject({ ctx, input: projectInput(orgOf(ctx)) });
  const projectId = view.project.id;
  const answer = await core.createCustomDomain({
    ctx,
    input: { projectId, customDomain: customDomainInput() },
  });
  return { ctx, projectId, domainId: answer.view.id };
}

const purge = async () => await core.purgeExpired({ store: house.store, clock: house.clock });
const idsOf = async (projectId: string) =>
  (await house.owner`select id from custom_domains where project_id = ${projectId}`).map(({ id }) =>
    String(id),
  );

describe('a deleted custom domain', () => {
  test('is purged after 30 days, and not a moment earlier', async () => {
    const { ctx, projectId, domainId } = await seedDomain();
    await core.deleteCustomDomain({ ctx, input: { projectId, domainId } });
    house.clock.advance(WINDOW_MS - 1);
    await purge();
    expect(await idsOf(projectId)).toEqual([domainId]);
    house.clock.advance(1);
    expect(await purge()).toMatchObject({ customDomains: 1, projects: 0 });
    expect(await idsOf(projectId)).toEqual([]);
  });

  test('goes with its project, and a living one beside it stays', async () => {
    const [gone, living] = [await seedDomain(), await seedDomain()];
    await core.deleteProject({ ctx: gone.ctx, input: { projectId: gone.projectId } });
    house.clock.advance(WINDOW_MS);
    expect(await purge()).toMatchObject({ customDomains: 1, projects: 1 });
    expect(await idsOf(gone.projectId)).toEqual([]);
    expect(await idsOf(living.projectId)).toEqual([living.domainId]);
  });

  test('stays when it is restored while the purge waits for it', async () => {
    const { ctx, projectId, domainId } = await seedDomain();
    await core.deleteCustomDomain({ ctx, input: { projectId, domainId } });
    house.clock.advance(WINDOW_MS);
    let purging: Promise<unknown> = Promise.resolve();
    await house.owner.begin(async (sql) => {
      await sql`update custom_domains set deleted_at = null where id = ${domainId}`;
      purging = purge();
      const waiting = async () =>
        (await house.owner`select from pg_locks where not granted and locktype = 'transactionid'`).length;
      await expect.poll(waiting, { timeout: 3_000 }).toBeGreaterThan(0);
    });
    await purging;
    expect(await idsOf(projectId)).toEqual([domainId]);
  });
});

test('what is asked of the table is found by an index', async () => {
  await house.owner.begin(async (sql) => {
    await sql`set local enable_seqscan = off`;
    await sql`set local enable_sort = off`;
    const planOf = async (statement: string) =>
      (await sql.unsafe(`explain (costs off) ${statement}`))
        .map((row) => String(row['QUERY PLAN']))
        .join('\n');
    const page = `select * from custom_domains where project_id = 'p' and deleted_at is null order by created_at desc, id desc limit 21`;
    expect(await planOf(page)).toContain('custom_domains_by_age');
    const count = `select count(*) from custom_domains where org_id = 'o' and deleted_at is null`;
    expect(await planOf(count)).toContain('custom_domains_of_organization');
    const due = `select id from custom_domains where deleted_at <= now() limit 500`;
    expect(await planOf(due)).toContain('custom_domains_deleted');
  });
});
