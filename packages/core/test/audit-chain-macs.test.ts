import { newId } from '@headgate/schema';
import { createVault, type Vault, type VaultKey } from '@headgate/vault';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chainAuditLog } from '../src/audit-log/chain-audit-log.ts';
import { createAuditChainer } from '../src/audit-log/chain-pending.ts';
import { textOf } from '../src/audit-log/link.ts';
import { checkMac } from '../src/audit-log/mac.ts';
import { selectEntries } from '../src/audit-log/row.ts';
import { recordAudit } from '../src/audit.ts';
import { getOrganizationAuditLog, verifyOrganizationAuditLog, type Context } from '../src/index.ts';
import { brief, chainedRows, writeEntries } from './audit-chain-support.ts';
import { newKey, orgOf, startCore, type Core } from './support.ts';

const LENGTH = 20;

let house: Core;
let key: VaultKey;
let ctx: Context;
let orgId: string;

beforeAll(async () => {
  house = await startCore();
});
afterAll(async () => await house.close());
beforeEach(async () => {
  await house.owner`truncate audit_entries, audit_chains`;
  key = newKey();
  ctx = house.context({ vault: await createVault([key]) });
  orgId = orgOf(ctx);
});

const write = async (count: number, over: { from?: number; vault?: Vault; orgId?: string } = {}) =>
  await writeEntries(house, over.vault ?? ctx.vault, {
    orgId: over.orgId ?? orgId,
    count,
    from: over.from ?? 0,
  });

async function chained(): Promise<string[]> {
  const ids = await write(LENGTH);
  expect(await chainAuditLog(ctx, orgId)).toEqual({ chained: LENGTH, state: 'complete' });
  return ids;
}

const verify = async (vault = ctx.vault) =>
  await verifyOrganizationAuditLog({ ctx: { ...ctx, vault }, input: { orgId } });
const found = async (vault = ctx.vault) => {
  const { verified, findings } = await verify(vault);
  expect(verified).toBe(findings.length === 0);
  return findings.map(brief);
};
const shown = async () => (await getOrganizationAuditLog({ ctx, input: { orgId, page_size: 100 } })).entries;

const unchainAll = async () =>
  await house.owner`update audit_entries set position = null, hash = null, previous_hash = null where org_id = ${orgId}`;
const deleteHead = async () => await house.owner`delete from audit_chains where org_id = ${orgId}`;

/** An entry that somebody puts in by SQL, with this MAC. */
async function forge(mac: string | null, after: object = { name: 'forged' }): Promise<string> {
  const id = newId('aud');
  await house.owner`
    insert into audit_entries (id, org_id, actor_kind, actor_id, action, resource_kind, resource_id, after, request_id, created_at, mac)
    values (${id}, ${orgId}, 'user', 'user_1', 'project.update', 'project', 'prj_1', ${house.owner.json(after as never)}, 'r',
      ${house.clock.now()}, ${mac})
  `;
  return id;
}

describe('history that is rewritten by SQL', () => {
  test('is not chained anew in place of what was written, nor the next time', async () => {
    const ids = await chained();
    await house.owner`
      update audit_entries set position = null, hash = null, previous_hash = null, after = '{"name": "lie"}' where org_id = ${orgId}
    `;
    await deleteHead();
    for (let each = 0; each < 2; each += 1) {
      expect(await found()).toEqual(ids.map((id) => ({ kind: 'unchained', id })));
      expect(await chainedRows(house, orgId)).toEqual([]);
    }
  });

  test('in one entry is found, though all others are what they were and are chained anew', async () => {
    const ids = await chained();
    await unchainAll();
    await house.owner`update audit_entries set actor_id = 'user_2' where id = ${ids[6]!}`;
    await deleteHead();
    expect(await found()).toEqual([{ kind: 'unchained', id: ids[6] }]);
    expect((await chainedRows(house, orgId)).map(({ id }) => id)).toEqual(ids.toSpliced(6, 1));
  });

  // What the words of the operation say that it cannot see.
  test('by removing an entry and the whole chain is told by the end that was kept elsewhere', async () => {
    const ids = await chained();
    const { head } = await verify();
    await unchainAll();
    await house.owner`delete from audit_entries where id = ${ids[6]!}`;
    await deleteHead();
    expect((await verify()).head).not.toEqual(head);
  });

  test.each([
    ['position', `position = null, hash = null, previous_hash = null, mac = null`],
    ['MAC', `mac = null`],
  ])('by making it look older than the chain, without %s, leaves a gap or a doubt', async (what, change) => {
    const ids = await chained();
    await house.owner.unsafe(`update audit_entries set ${change} where id = '${ids[6]!}'`);
    const expected =
      what === 'MAC' ? { kind: 'altered', position: 7, id: ids[6] } : { kind: 'missing', position: 7 };
    expect(await found()).toEqual([expected]);
    expect((await verify()).entries_before_chain).toBe(what === 'MAC' ? 0 : 1);
  });

  test('by making all of it look older than the chain does not hide that the chain had entries', async () => {
    await chained();
    await unchainAll();
    await house.owner`update audit_entries set mac = null where org_id = ${orgId}`;
    expect(await found()).toEqual([{ kind: 'missing', position: 1, last: LENGTH }]);
    await deleteHead();
    expect(await verify()).toMatchObject({ entries_checked: 0, entries_before_chain: LENGTH });
  });
});

describe('an entry that was put in without a place', () => {
  const forgeries: [what: string, mac: (copied: string) => string][] = [
    ['a random MAC', () => `${key.kid}:${'A'.repeat(43)}`],
    ['an empty one', () => ''],
    ['one without a hash', () => key.kid],
    ['one of a key that nobody has', () => `other:${'A'.repeat(43)}`],
    ['the MAC of another entry', (copied) => copied],
  ];

  test.each(forgeries)(
    'with %s is neither chained nor hidden, and keeps nobody from the chain',
    async (_what, mac) => {
      const ids = await chained();
      const [first] = await chainedRows(house, orgId);
      const id = await forge(mac(first!.mac!));
      const [next] = await write(1, { from: 500 });
      for (let each = 0; each < 2; each += 1) {
        expect(await found()).toEqual([{ kind: 'unchained', id }]);
        expect((await chainedRows(house, orgId)).map((row) => row.id)).toEqual([...ids, next]);
      }
      const entry = (await shown()).find((each) => each.id === id);
      expect(entry).toMatchObject({ after: { name: 'forged' } });
      expect(entry).not.toHaveProperty('position');
    },
  );

  test('with a MAC of its own text under a key of the same name is not chained', async () => {
    const impostor = await createVault([{ ...newKey(), kid: key.kid }]);
    const [id] = await write(1, { vault: impostor });
    expect(await found()).toEqual([{ kind: 'unchained', id }]);
  });

  test('without a MAC is not chained, and counted with those from before the chain', async () => {
    await chained();
    const id = await forge(null);
    expect(await verify()).toMatchObject({
      verified: true,
      entries_checked: LENGTH,
      entries_before_chain: 1,
    });
    expect((await shown()).find((each) => each.id === id)).not.toHaveProperty('position');
  });

  test('under a key that is not in the vault says so, and is chained once the key is back', async () => {
    const old = newKey();
    const [id] = await write(1, { vault: await createVault([old]) });
    const [finding] = (await verify()).findings;
    expect(finding).toMatchObject({ kind: 'unchained', entry_id: id });
    expect(finding?.message).toContain(JSON.stringify(old.kid));
    expect(finding?.message).toContain('VAULT_KEYS');
    expect(await found(await createVault([key, old]))).toEqual([]);
  });

  test('many times is told of twenty times, and hides no entry of ours', async () => {
    await house.owner`
      insert into audit_entries (id, org_id, actor_kind, actor_id, action, resource_kind, resource_id, request_id, created_at, mac)
      select 'aud_' || lpad(n::text, 26, '0'), ${orgId}, 'user', 'user_1', 'project.update', 'project', 'p', 'r',
        ${house.clock.now()}::timestamptz - interval '1 hour', 'k:m'
      from generate_series(1, 1200) n
    `;
    const ids = await write(3);
    expect(await chainAuditLog(ctx, orgId)).toEqual({ chained: 3, state: 'complete' });
    expect((await chainedRows(house, orgId)).map(({ id }) => id)).toEqual(ids);
    expect(await found()).toHaveLength(20);
  });
});

describe('in the background', () => {
  /** A chainer that says how many MACs it has looked at. */
  const counting = () => {
    let looks = 0;
    const vault: Vault = { ...ctx.vault, isKnown: (mac) => ((looks += 1), ctx.vault.isKnown(mac)) };
    return { chainer: createAuditChainer({ store: house.store, vault }), looks: () => looks };
  };

  test('an entry that is not ours is told of, looked at once in a while, and keeps no other waiting', async () => {
    const forged = await forge(`${key.kid}:x`);
    const { chainer, looks } = counting();
    const nothing = { chained: 0, stopped: [], refusing: [orgId], failed: [] };
    expect(await chainer.chainPending()).toEqual(nothing);
    expect(looks()).toBe(1);
    for (let round = 0; round < 20; round += 1) expect(await chainer.chainPending()).toEqual(nothing);
    expect(looks()).toBe(1);
    // Also one whose time is before that of the other.
    const [next] = await write(1, { from: -1_000 });
    expect(await chainer.chainPending()).toEqual({ ...nothing, chained: 1 });
    expect((await chainedRows(house, orgId)).map(({ id }) => id)).toEqual([next]);
    await house.owner`delete from audit_entries where id = ${forged}`;
    expect(await chainer.chainPending()).toEqual({ ...nothing, refusing: [] });
  });

  test('an entry whose key came back is chained in the end', async () => {
    const old = newKey();
    await write(1, { vault: await createVault([old]) });
    let vault = ctx.vault;
    const current: Vault = {
      ...vault,
      isKnown: (m) => vault.isKnown(m),
      matches: (m, text) => vault.matches(m, text),
    };
    const chainer = createAuditChainer({ store: house.store, vault: current });
    expect(await chainer.chainPending()).toMatchObject({ chained: 0, refusing: [orgId] });
    vault = await createVault([key, old]);
    let rounds = 0;
    while ((await chainer.chainPending()).chained === 0 && rounds < 1_000) rounds += 1;
    expect(rounds).toBeGreaterThan(50);
    expect(rounds).toBeLessThan(400);
  });

  test('entries from before the chain are nothing to do', async () => {
    await forge(null);
    expect(await createAuditChainer(ctx).chainPending()).toEqual({
      chained: 0,
      stopped: [],
      refusing: [],
      failed: [],
    });
  });
});

describe('entries from before there was a chain', () => {
  test('are shown without a place, counted, and no findings; the chain begins behind them', async () => {
    const old = await write(3, { from: -10_000 });
    await house.owner`update audit_entries set mac = null`;
    const ids = await chained();
    expect(await verify()).toMatchObject({
      ...{ verified: true, entries_checked: LENGTH, entries_before_chain: 3, findings: [] },
      head: { position: LENGTH },
    });
    const entries = (await shown()).toReversed();
    expect(entries.map(({ id }) => id)).toEqual([...old, ...ids]);
    expect(entries.map(({ position }) => position)).toEqual([
      ...old.map(() => undefined),
      ...ids.map((_, index) => index + 1),
    ]);
    expect(entries.slice(0, 3).some((entry) => 'hash' in entry || 'previous_hash' in entry)).toBe(false);
  });

  test('are never chained by the application, whatever it is asked', async () => {
    const id = await forge(null);
    const update = house.store.transact(
      { tenants: [orgId] },
      async (tx) =>
        await tx.run({
          compile: () => ({
            sql: `update audit_entries set position = 1, hash = 'h', previous_hash = 'p' where id = '${id}' returning id`,
            parameters: [],
          }),
        } as never),
    );
    expect(await update).toEqual([]);
  });
});

test('a chain whose entries were written under a key that is gone verifies, once its end was sealed anew', async () => {
  await chained();
  const next = newKey();
  const both = await createVault([next, key]);
  await write(1, { from: 500, vault: both });
  // Extending the chain seals its end under the first key.
  await chainAuditLog({ ...ctx, vault: both }, orgId);
  expect(await found(await createVault([next]))).toEqual([]);
});

describe('the MAC of an entry', () => {
  const record = async (entry: { before?: object | undefined; after?: object | undefined }) => {
    const statement = recordAudit(ctx, {
      ...{ action: 'project.update', orgId, projectId: null, resource: { kind: 'project', id: 'prj_1' } },
      ...entry,
    });
    await house.store.transact({ tenants: [orgId] }, async (tx) => await tx.run(statement));
    const [row] = await house.store.read(
      [orgId],
      selectEntries.where('org_id', '=', orgId).orderBy('id', 'desc').limit(1),
    );
    return checkMac(ctx.vault, row!.mac, textOf(row!));
  };

  test.each<[what: string, parts: { before?: object | undefined; after?: object | undefined }]>([
    ['neither before nor after', {}],
    ['parts that are undefined', { before: undefined, after: undefined }],
    ['members that are undefined', { after: { a: undefined, b: { c: undefined, d: [undefined, 1] } } }],
    ['members that are null', { before: { a: null }, after: { a: [null] } }],
    ['nothing in its parts', { before: {}, after: {} }],
    ['times', { after: { from: new Date(0), to: new Date(1) } }],
    [
      'letters of all kinds',
      { after: { 'é\u0301': 'ß😀\u2028\u007f"\\\n', '😀': 'a', '\uffff': 'b', ﬀ: 'c' } },
    ],
    [
      'numbers of all kinds',
      { after: { n: [0, -0, 1.5, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, 2 ** 53, 0.1 + 0.2] } },
    ],
    ['numbers that JSON has none for', { after: { n: [Number.NaN, Number.POSITIVE_INFINITY] } }],
    ['names that sort otherwise in jsonb', { after: { bb: 1, a: 2, aaa: 3, 10: 4, 9: 5, '': 6, B: 7 } }],
    ['depth', { after: { a: { b: { c: [{ d: [[]] }] } } } }],
  ])('agrees with what is read of it, with %s', async (_what, parts) => {
    expect(await record(parts)).toBe('intact');
  });

  test('agrees with what is read of it, whatever is in it', async () => {
    const part = fc
      .dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' }))
      // What jsonb does not hold.
      .filter((value) => JSON.stringify(value).isWellFormed() && !JSON.stringify(value).includes('\\u0000'));
    await fc.assert(
      fc.asyncProperty(part, part, async (before, after) => {
        expect(await record({ before, after })).toBe('intact');
      }),
      { numRuns: 100 },
    );
  });

  test('of a project that belongs to one, from nowhere in particular, agrees too', async () => {
    ctx = { ...ctx, address: undefined };
    expect(await record({ after: { name: 'x' } })).toBe('intact');
    expect(await found()).toEqual([]);
  });
});

describe('a time before the common era', () => {
  const bc = `(to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || ' UTC BC')::timestamptz`;

  test('is shown as such, and leaves the other times as they were', async () => {
    const ids = await chained();
    const before = (await shown()).map(({ created_at: at }) => at);
    await house.owner.unsafe(`update audit_entries set created_at = ${bc} where id = '${ids[0]!}'`);
    const after = (await shown()).map(({ created_at: at }) => at);
    expect(after).toEqual([...before.slice(0, -1), before.at(-1)!.replace(/$/, ' BC')]);
    expect(before.every((at) => /^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at))).toBe(true);
  });

  test.each([bc, `'-infinity'`, `created_at - interval '1 microsecond'`, `'infinity'`])(
    'or one that no clock tells (%s) keeps no entry from the pages of the log',
    async (time) => {
      const ids = await chained();
      await house.owner.unsafe(
        `update audit_entries set created_at = ${time} where id in ('${ids[3]!}', '${ids[9]!}')`,
      );
      const seen: string[] = [];
      let token: string | undefined;
      do {
        const page = await getOrganizationAuditLog({
          ctx,
          input: { orgId, page_size: 1, page_token: token },
        });
        seen.push(...page.entries.map(({ id }) => id));
        token = page.next_page_token;
      } while (token !== undefined && seen.length <= LENGTH);
      expect(seen.toSorted()).toEqual(ids.toSorted());
    },
  );
});
