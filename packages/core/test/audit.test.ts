import { createHash } from 'node:crypto';
import { SCOPES } from '@headgate/schema';
import { databaseInput, projectInput } from '@headgate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as core from '../src/index.ts';
import { POLICY, scopeOf } from '../src/policy.ts';
import { PASSWORD, seedPlace } from './place.ts';
import { orgOf, startCore, type Core } from './support.ts';
import { NO_WRITING_VERBS, WRITING_VERBS, whoMay, type Done, type WritingVerb } from './writing-verbs.ts';

let house: Core;
beforeAll(async () => {
  house = await startCore();
});
afterAll(async () => await house.close());

/** How what changes something is called. */
const CHANGING =
  /^(create|update|delete|restore|revoke|set|verify|reveal|export|test|rotate|undo|introspect)[A-Z]/;
/** The actions that leave no entry. */
const READING = /\.(list|get|diff)$|^organizationAuditLog\.verify$/;
const SIDES = ['before', 'after'] as const;

interface Entry {
  readonly id: string;
  readonly before: object | null;
  readonly after: object | null;
  readonly [column: string]: unknown;
}

/** The entries that `work` has added. */
async function entriesOf(work: () => Promise<unknown>): Promise<Entry[]> {
  const before = await house.owner<Entry[]>`select * from audit_entries`;
  await work();
  const known = new Set(before.map(({ id }) => id));
  const after = await house.owner<Entry[]>`select * from audit_entries order by id`;
  return after.filter(({ id }) => !known.has(id));
}

/** What no entry may hold: what was shown once, what was given as a password, and what became of either. */
async function secretsOf(orgId: string, secret: string | undefined): Promise<string[]> {
  const kept = await house.owner<{ kept: string }[]>`
    select hash as kept from api_keys where org_id = ${orgId}
    union all select sealed_password from databases where org_id = ${orgId}
    union all select sealed_private_key from certificates where org_id = ${orgId} and sealed_private_key is not null
  `;
  return [PASSWORD, ...kept.map((row) => row.kept), ...(secret === undefined ? [] : [secret])];
}

/** A place where the verb can be done, the owner of it, and whoever may do the verb there. */
async function prepare(verb: WritingVerb) {
  const owner = house.context();
  const place = await seedPlace(owner);
  await verb.before?.(owner, place);
  // An entry tells when it was done, and not when something was made.
  house.clock.advance(1_000);
  return { owner, place, ctx: whoMay(verb, owner) };
}

describe.each(Object.entries(WRITING_VERBS))('%s', (_name, verb) => {
  test('leaves exactly one entry, or one a step, which says who did what to what, when and from where', async () => {
    const { place, ctx } = await prepare(verb);
    let done: Done | undefined;
    const entries = await entriesOf(async () => (done = await verb.run(ctx, place)));
    const steps = entries.slice(0, -1).map(({ action }) => action);
    expect(steps).toEqual(verb.steps ?? []);
    const entry = entries.at(-1);
    expect(entry).toMatchObject({
      ...{ action: verb.action, org_id: place.orgId, actor_kind: ctx.actor.kind, actor_id: ctx.actor.id },
      ...{ request_id: ctx.requestId, address: '192.0.2.1', created_at: house.clock.now() },
      ...{ resource_kind: verb.kind, resource_id: done?.resourceId, project_id: done?.projectId },
    });
    expect(SIDES.filter((side) => entry?.[side] !== null)).toEqual(verb.shows);
    for (const secret of await secretsOf(place.orgId, done?.secret))
      expect(JSON.stringify(entries)).not.toContain(secret);
  });

  test('leaves none when the same request comes again with its idempotency key', async () => {
    const { place, ctx } = await prepare(verb);
    const again = { ...ctx, idempotency: { key: crypto.randomUUID(), request: 'the same' } };
    await verb.run(again, place);
    expect(await entriesOf(async () => await verb.run(again, place))).toEqual([]);
  });

  test('leaves none when a viewer is refused', async () => {
    const { place } = await prepare(verb);
    const viewer = house.context({ role: 'viewer', orgId: place.orgId });
    const code = verb.toViewer ?? 'FORBIDDEN';
    const refused = async () => await expect(verb.run(viewer, place)).rejects.toMatchObject({ code });
    expect(await entriesOf(refused)).toEqual([]);
  });

  test('names the key that did it, and leaves none where no key may', async () => {
    const { place } = await prepare(verb);
    const key = house.bearer({ orgId: place.orgId, scopes: SCOPES });
    const now = house.clock.now();
    // A key that makes another one is held meanwhile, and so must be there.
    await house.owner`insert into api_keys ${house.owner({
      ...{
        id: key.actor.id,
        org_id: place.orgId,
        name: 'key',
        hint: 'hgo_',
        scopes: [...SCOPES],
        owner_id: 'user',
      },
      ...{ hash: createHash('sha256').update(key.actor.id).digest('hex'), created_at: now, updated_at: now },
    })}`;
    const isForKeys = scopeOf(verb.action) !== undefined;
    const entries = await entriesOf(async () => {
      if (isForKeys) await verb.run(key, place);
      else await expect(verb.run(key, place)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    });
    const told = entries.map(({ actor_kind: kind, actor_id: id }) => ({ kind, id }));
    const expected = [...(verb.steps ?? []), verb.action].map(() => ({ kind: 'api_key', id: key.actor.id }));
    expect(told).toEqual(isForKeys ? expected : []);
  });
});

describe('an entry', () => {
  test('of a project made with its database has one of the database beside it', async () => {
    const ctx = house.context();
    const database = databaseInput({ password: PASSWORD });
    const entries = await entriesOf(
      async () => await core.createProject({ ctx, input: projectInput(orgOf(ctx), { database }) }),
    );
    expect(entries.map((entry) => String(entry['action'])).toSorted()).toEqual([
      'database.create',
      'project.create',
    ]);
    expect(new Set(entries.map((entry) => entry['project_id'])).size).toBe(1);
    expect(JSON.stringify(entries)).not.toContain(PASSWORD);
  });

  test('of a change shows what changed, before and after, and that a password was set but not which', async () => {
    const ctx = house.context();
    const where = await seedPlace(ctx);
    const [entry] = await entriesOf(async () => await WRITING_VERBS['updateDatabase']!.run(ctx, where));
    expect(entry).toMatchObject({ resource_id: where.databaseId, project_id: where.projectId });
    expect(entry!.before).toEqual({ port: 5432 });
    expect(entry!.after).toEqual({ port: 6543, password: '[redacted]' });
  });

  test('of a creation shows what was made, of a deletion what is gone', async () => {
    const ctx = house.context();
    const where = await seedPlace(ctx);
    const [gone] = await entriesOf(async () => await core.deleteDatabase({ ctx, input: where }));
    expect(gone).toMatchObject({ before: { id: where.databaseId, host: 'db.example.com' }, after: null });
    const [made] = await entriesOf(async () => await WRITING_VERBS['createProject']!.run(ctx, where));
    expect(made).toMatchObject({ before: null, after: { org_id: orgOf(ctx), status: 'active' } });
    expect(made!['resource_id']).toBe((made!.after as { id: string }).id);
  });

  test('is not made of a request that changes nothing', async () => {
    const ctx = house.context();
    const where = await seedPlace(ctx);
    const operator = whoMay(WRITING_VERBS['setOrganizationLimits']!, ctx);
    const dns = { ask: async () => await Promise.resolve([{ failure: 'silence' }, { failure: 'silence' }]) };
    const path = { projectId: where.projectId, domainId: where.domain.id };
    const nothing = async () => {
      await core.updateDatabase({ ctx, input: { ...where, changes: { port: 5432 } } });
      await core.updateProject({ ctx, input: { projectId: where.projectId, changes: { status: '' } } });
      await core.updateReplica({ ctx, input: { ...where, changes: { port: 5432 } } });
      await core.updateCacheRule({ ctx, input: { ...where, rule: { cache_enabled: true } } });
      await core.setOrganizationLimits({ ctx: operator, input: { ...where, limits: { projects: null } } });
      await core.verifyCustomDomain({ ctx: { ...ctx, dns }, input: path });
    };
    expect(await entriesOf(nothing)).toEqual([]);
  });

  test('is not made of a verification of the log', async () => {
    const ctx = house.context();
    const { orgId } = await seedPlace(ctx);
    const look = async () => await core.verifyOrganizationAuditLog({ ctx, input: { orgId } });
    expect(await entriesOf(look)).toEqual([]);
  });
});

describe('this suite knows every verb that changes something', () => {
  test('by what they are called', () => {
    const verbs = Object.keys(core).filter((name) => CHANGING.test(name));
    const known = [...Object.keys(WRITING_VERBS), ...Object.keys(NO_WRITING_VERBS)];
    expect(known.toSorted()).toEqual(verbs.toSorted());
  });

  test('by what the policy knows of, which is all that can be written', () => {
    const actions = Object.keys(POLICY).filter((action) => !READING.test(action));
    const known = Object.values(WRITING_VERBS).map(({ action }) => action);
    expect(known.toSorted()).toEqual(actions.toSorted());
  });
});
