import { createHash } from 'node:crypto';
import { newId } from '@headgate/schema';
import { uniqueName } from '@headgate/testing';
import { createVault, type VaultKey } from '@headgate/vault';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chainAuditLog } from '../src/audit-log/chain-audit-log.ts';
import { createAuditChainer } from '../src/audit-log/chain-pending.ts';
import { NO_HASH, linkHash, textOf } from '../src/audit-log/link.ts';
import { sealHead } from '../src/audit-log/seal.ts';
import {
  getOrganizationAuditLog,
  openStore,
  rotateSealingKey,
  verifyOrganizationAuditLog,
  type Context,
} from '../src/index.ts';
import { brief, chainedRows, signEntries, writeEntries } from './audit-chain-support.ts';
import { newKey, orgOf, seedProject, startCore, type Core } from './support.ts';

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
  key = newKey();
  ctx = house.context({ vault: await createVault([key]) });
  orgId = orgOf(ctx);
});

async function addEntries(count: number, org = orgId, from = 0): Promise<string[]> {
  return await writeEntries(house, ctx.vault, { orgId: org, count, from });
}

/** A chain of twenty entries, by position. */
async function chained(): Promise<string[]> {
  const ids = await addEntries(LENGTH);
  expect(await chainAuditLog(ctx, orgId)).toEqual({ chained: LENGTH, state: 'complete' });
  return ids;
}

const verify = async (over: { page_token?: string | undefined; maxEntries?: number } = {}) =>
  await verifyOrganizationAuditLog({ ctx, input: { orgId, ...over } });

const found = async () => {
  const { verified, findings } = await verify();
  expect(verified).toBe(findings.length === 0);
  return findings.map(brief);
};

const rows = async () => await chainedRows(house, orgId);

/** What somebody can do who knows how the chain is made: hash every entry anew from this position on. */
async function hashAnew(from: number, to = Infinity): Promise<string> {
  const all = await rows();
  let previous = all[from - 2]?.hash ?? NO_HASH;
  for (const row of all.slice(from - 1, to)) {
    const hash = linkHash(textOf(row), previous);
    await house.owner`update audit_entries set hash = ${hash}, previous_hash = ${previous} where id = ${row.id}`;
    previous = hash;
  }
  return previous;
}

/** Lets positions be moved about, one statement at a time. */
async function swapPositions(a: number, b: number): Promise<void> {
  await house.owner.begin(async (sql) => {
    const move = async (from: number, to: number) =>
      await sql`update audit_entries set position = ${to} where org_id = ${orgId} and position = ${from}`;
    await move(a, 1_000_000);
    await move(b, a);
    await move(1_000_000, b);
  });
}

async function removeAndRenumber(position: number): Promise<void> {
  await house.owner`delete from audit_entries where org_id = ${orgId} and position = ${position}`;
  for (let each = position + 1; each <= LENGTH; each += 1) {
    await house.owner`update audit_entries set position = ${each - 1} where org_id = ${orgId} and position = ${each}`;
  }
}

describe('a chain that nobody has touched', () => {
  test('verifies, and says where it ends', async () => {
    await chained();
    const [last] = (await rows()).slice(-1);
    expect(await verify()).toEqual({
      ...{ verified: true, entries_checked: LENGTH, entries_before_chain: 0, findings: [] },
      head: { position: LENGTH, hash: last!.hash },
    });
  });

  test('of an organization without entries is empty and verifies', async () => {
    expect(await verify()).toEqual({
      ...{ verified: true, entries_checked: 0, entries_before_chain: 0, findings: [] },
    });
  });

  test('begins with 64 zeros and hangs together, in the order of time', async () => {
    const ids = await chained();
    const all = await rows();
    expect(all.map(({ id }) => id)).toEqual(ids);
    expect(all.map(({ position }) => position)).toEqual(ids.map((_, index) => index + 1));
    expect(all.map(({ previous_hash: hash }) => hash)).toEqual([
      NO_HASH,
      ...all.slice(0, -1).map(({ hash }) => hash),
    ]);
  });

  // Computed apart from ours: keys sorted by code unit, no spaces, UTF-8 (RFC 8785).
  test('can be verified by whoever holds its entries as they are answered', async () => {
    await chained();
    const { entries } = await getOrganizationAuditLog({ ctx, input: { orgId, page_size: 100 } });
    const sorted = (value: unknown): unknown =>
      value === null || typeof value !== 'object' || Array.isArray(value)
        ? value
        : Object.fromEntries(
            Object.entries(value)
              .toSorted(([a], [b]) => (a < b ? -1 : 1))
              .map(([k, v]) => [k, sorted(v)]),
          );
    expect(entries).toHaveLength(LENGTH);
    for (const { position: _position, hash, ...content } of entries) {
      expect(
        createHash('sha256')
          .update(JSON.stringify(sorted(content)))
          .digest('hex'),
      ).toBe(hash);
    }
  });

  test('holds what real verbs have written, and goes on with what they write next', async () => {
    const { projectId } = await seedProject(ctx, 3);
    expect(await verify()).toMatchObject({ verified: true, entries_checked: 4 });
    await seedProject(ctx, 2);
    expect(await verify()).toMatchObject({ verified: true, entries_checked: 7, head: { position: 7 } });
    expect((await rows()).some((row) => row.project_id === projectId)).toBe(true);
  });

  test('goes on behind entries that were committed late, with times before those chained already', async () => {
    await addEntries(5);
    await chainAuditLog(ctx, orgId);
    await addEntries(5, orgId, -1000);
    expect(await verify()).toMatchObject({ verified: true, entries_checked: 10 });
  });

  test('holds numbers that JavaScript does not, as they are answered', async () => {
    const [id = ''] = await addEntries(1);
    await house.owner`update audit_entries set after = '{"n": 1e400, "m": 12345678901234567890}' where id = ${id}`;
    await signEntries(house, ctx.vault, orgId, [id]);
    expect(await verify()).toMatchObject({ verified: true, entries_checked: 1 });
  });

  test('is verified page by page, to the same end', async () => {
    await chained();
    let [token, checked, pages]: [string | undefined, number, number] = [undefined, 0, 0];
    do {
      const page = await verify({ page_token: token, maxEntries: 7 });
      expect(page).toMatchObject({ verified: true, head: { position: LENGTH } });
      checked += page.entries_checked;
      pages += 1;
      token = page.next_page_token;
    } while (token !== undefined);
    expect({ checked, pages }).toEqual({ checked: LENGTH, pages: 3 });
  });

  test("takes no token of another organization's chain, and none that was made up", async () => {
    await chained();
    const { next_page_token: token } = await verify({ maxEntries: 5 });
    const other = house.context({ vault: ctx.vault });
    await expect(
      verifyOrganizationAuditLog({ ctx: other, input: { orgId: orgOf(other), page_token: token } }),
    ).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(verify({ page_token: 'e30' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('an entry that was altered', () => {
  test.each([
    ['org_id', 'org_other'],
    ['project_id', 'prj_01h455vb4pex5vsknk084sn02s'],
    ['project_id', null],
    ['actor_kind', 'api_key'],
    ['actor_id', 'user_2'],
    ['action', 'database.delete'],
    ['resource_kind', 'project'],
    ['resource_id', 'db_01h455vb4pex5vsknk084sn02r'],
    ['request_id', 'another'],
    ['address', '192.0.2.2'],
    ['address', null],
  ])('in its %s, to %s, is named', async (column, value) => {
    const ids = await chained();
    await house.owner`update audit_entries set ${house.owner({ [column]: value })} where id = ${ids[6]!}`;
    // Another organization's entry is no more to be seen here.
    expect(await found()).toEqual(
      column === 'org_id'
        ? [{ kind: 'missing', position: 7 }]
        : [{ kind: 'altered', position: 7, id: ids[6] }],
    );
  });

  test.each([
    [`before = '{"port": 1}'`],
    [`before = null`],
    [`after = '{"port": 1}'`],
    [`after = after - 'tags'`],
    [`after = after || '{"x": null}'`],
    [`after = '{"n": 1e400}'`],
    [`created_at = created_at + interval '1 second'`],
    [`created_at = created_at + interval '1 microsecond'`],
    [`created_at = 'infinity'`],
    [`created_at = '-infinity'`],
    [
      `created_at = (to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || ' UTC BC')::timestamptz`,
    ],
    [`mac = null`],
    [`mac = split_part(mac, ':', 1) || ':'`],
    [`mac = (select mac from audit_entries e where e.org_id = audit_entries.org_id and e.position = 8)`],
    [`previous_hash = repeat('0', 64)`],
    [`hash = repeat('0', 64)`],
    [`hash = 'no hash at all'`],
  ])('by %s is named', async (change) => {
    const ids = await chained();
    await house.owner.unsafe(`update audit_entries set ${change} where id = '${ids[6]!}'`);
    expect(await found()).toEqual([{ kind: 'altered', position: 7, id: ids[6] }]);
  });

  test('in its id is named', async () => {
    const ids = await chained();
    const id = newId('aud');
    await house.owner`update audit_entries set id = ${id} where id = ${ids[6]!}`;
    expect(await found()).toEqual([{ kind: 'altered', position: 7, id }]);
  });

  test.each([1, 7, LENGTH])('and hashed anew is named, at position %i', async (position) => {
    const ids = await chained();
    const id = ids[position - 1];
    await house.owner`update audit_entries set actor_id = 'user_2' where id = ${id!}`;
    await hashAnew(position, position);
    expect(await found()).toEqual([{ kind: 'altered', position, id }]);
  });

  test('with all behind it hashed anew does not end as it was sealed', async () => {
    const ids = await chained();
    await house.owner`update audit_entries set actor_id = 'user_2' where id = ${ids[6]!}`;
    const hash = await hashAnew(7);
    const itself = { kind: 'altered', position: 7, id: ids[6] };
    expect(await found()).toEqual([itself, { kind: 'altered', position: LENGTH, id: ids.at(-1) }]);
    await house.owner`update audit_chains set hash = ${hash} where org_id = ${orgId}`;
    expect(await found()).toEqual([{ kind: 'head', position: LENGTH }, itself]);
  });

  test('and unchained so that it is chained again leaves its place empty', async () => {
    const ids = await chained();
    await house.owner`
      update audit_entries set actor_id = 'user_2', position = null, hash = null, previous_hash = null where id = ${ids[6]!}
    `;
    const expected = [
      { kind: 'unchained', id: ids[6] },
      { kind: 'missing', position: 7 },
    ];
    expect(await found()).toEqual(expected);
    expect(await found()).toEqual(expected);
  });

  test('is not the only one: each of two that exchanged what they say is named', async () => {
    const ids = await chained();
    await house.owner`
      update audit_entries a set before = b.before, after = b.after, request_id = b.request_id, created_at = b.created_at
      from audit_entries b
      where (a.id, b.id) in ((${ids[3]!}, ${ids[8]!}), (${ids[8]!}, ${ids[3]!}))
    `;
    expect(await found()).toEqual([
      { kind: 'altered', position: 4, id: ids[3] },
      { kind: 'altered', position: 9, id: ids[8] },
    ]);
  });
});

describe('an entry that was removed', () => {
  test.each([
    ['the first', 1],
    ['one in the middle', 7],
    ['the last', LENGTH],
  ])('%s is named by its position', async (_which, position) => {
    await chained();
    await house.owner`delete from audit_entries where org_id = ${orgId} and position = ${position}`;
    expect(await found()).toEqual([{ kind: 'missing', position }]);
  });

  test('with its neighbours is named with them', async () => {
    await chained();
    await house.owner`delete from audit_entries where org_id = ${orgId} and position between 7 and 9`;
    expect(await found()).toEqual([{ kind: 'missing', position: 7, last: 9 }]);
  });

  test.each([1, 7, 19])(
    'with those behind it renumbered is named by what hung on it (%i)',
    async (position) => {
      const ids = await chained();
      await removeAndRenumber(position);
      expect(await found()).toEqual([{ kind: 'missing', position, id: ids[position] }]);
    },
  );

  test('with all others leaves nothing but the end that was sealed', async () => {
    await chained();
    await house.owner`delete from audit_entries where org_id = ${orgId}`;
    expect(await found()).toEqual([{ kind: 'missing', position: 1, last: LENGTH }]);
  });

  test('from the end, with the length made to fit, is found by the seal', async () => {
    await chained();
    await house.owner`delete from audit_entries where org_id = ${orgId} and position > 15`;
    await house.owner`
      update audit_chains set length = 15, hash = (select hash from audit_entries where org_id = ${orgId} and position = 15)
      where org_id = ${orgId}
    `;
    expect(await found()).toEqual([{ kind: 'head', position: 15 }]);
    // Were the chain extended now, it would be sealed as it was cut.
    const [next] = await addEntries(1, orgId, 500);
    const expected = [
      { kind: 'head', position: 15 },
      { kind: 'unchained', id: next },
    ];
    expect(await found()).toEqual(expected);
    expect(await found()).toEqual(expected);
  });

  test('from the end is not hidden by giving the one before it its hash', async () => {
    const ids = await chained();
    await house.owner`
      update audit_entries set hash = (select hash from audit_chains where org_id = ${orgId})
      where org_id = ${orgId} and position = ${LENGTH - 1}
    `;
    await house.owner`delete from audit_entries where org_id = ${orgId} and position = ${LENGTH}`;
    expect(await found()).toEqual([
      { kind: 'altered', position: LENGTH - 1, id: ids.at(-2) },
      { kind: 'missing', position: LENGTH },
    ]);
  });

  test('between two pages of a verification is missed by the next page', async () => {
    await chained();
    const { next_page_token: token } = await verify({ maxEntries: 10 });
    await house.owner`delete from audit_entries where org_id = ${orgId} and position in (10, 11)`;
    const { findings } = await verify({ page_token: token });
    expect(findings.map(brief)).toEqual([{ kind: 'missing', position: 10, last: 11 }]);
  });
});

describe('entries that were moved', () => {
  test.each([
    [5, 6],
    [3, 8],
    [1, 2],
    [1, LENGTH],
  ])('are named when the positions %i and %i are exchanged', async (a, b) => {
    const ids = await chained();
    await swapPositions(a, b);
    const findings = await found();
    expect(findings).toEqual(
      expect.arrayContaining([
        { kind: 'reordered', position: a, id: ids[b - 1] },
        { kind: 'reordered', position: b, id: ids[a - 1] },
      ]),
    );
    // Besides those, only what hung on them.
    const around = new Set([a, b, a + 1, b + 1]);
    for (const { kind, position } of findings) {
      expect(around.has(position!)).toBe(true);
      expect(['reordered', ...(b === LENGTH ? ['altered'] : [])]).toContain(kind);
    }
  });

  test('are named when a gap was made before them', async () => {
    const ids = await chained();
    for (let each = LENGTH; each > 10; each -= 1) {
      await house.owner`update audit_entries set position = ${each + 1} where org_id = ${orgId} and position = ${each}`;
    }
    expect(await found()).toEqual([{ kind: 'reordered', position: 12, id: ids[10] }]);
  });

  test('are named when two are made to stand at one position', async () => {
    const ids = await chained();
    await house.owner`drop index audit_entries_by_position`;
    await house.owner`update audit_entries set position = 5 where id = ${ids[5]!}`;
    const findings = await found();
    await house.owner`delete from audit_entries where org_id = ${orgId}`;
    await house.owner`create unique index audit_entries_by_position on audit_entries (org_id, position) where position is not null`;
    expect(findings).toEqual(
      expect.arrayContaining([
        { kind: 'reordered', position: 5, id: ids[4]! > ids[5]! ? ids[4] : ids[5] },
        { kind: 'missing', position: 6 },
      ]),
    );
  });
});

describe('an entry that was put in', () => {
  const forge = async (position: number, previousHash: string) => {
    const [id = ''] = await addEntries(1, orgId, 500);
    await house.owner`update audit_entries set position = ${position}, previous_hash = ${previousHash}, hash = '' where id = ${id}`;
    const row = (await rows()).find((each) => each.id === id);
    await house.owner`update audit_entries set hash = ${linkHash(textOf(row!), previousHash)} where id = ${id}`;
    return id;
  };
  const makeRoom = async (position: number) => {
    for (let each = LENGTH; each >= position; each -= 1) {
      await house.owner`update audit_entries set position = ${each + 1} where org_id = ${orgId} and position = ${each}`;
    }
  };

  test('between two others is named', async () => {
    await chained();
    const before = (await rows())[5]!.hash!;
    await makeRoom(7);
    const id = await forge(7, before);
    expect(await found()).toEqual([{ kind: 'unchained', position: 7, id }]);
  });

  test('between two others, with all behind it hashed anew, does not end as it was sealed', async () => {
    const ids = await chained();
    const before = (await rows())[5]!.hash!;
    await makeRoom(7);
    await forge(7, before);
    await hashAnew(7);
    expect(await found()).toEqual([
      { kind: 'altered', position: LENGTH, id: ids.at(-2) },
      { kind: 'unchained', position: LENGTH + 1, id: ids.at(-1) },
    ]);
  });

  test('behind the end is named, and is not sealed by what is written next', async () => {
    await chained();
    const id = await forge(LENGTH + 1, (await rows()).at(-1)!.hash!);
    const [next] = await addEntries(1, orgId, 900);
    const expected = [
      { kind: 'unchained', id: next },
      { kind: 'unchained', position: LENGTH + 1, id },
    ];
    expect(await found()).toEqual(expected);
    expect(await found()).toEqual(expected);
  });

  test('far behind the end, beyond the numbers of JavaScript, is named too', async () => {
    await chained();
    const [id = ''] = await addEntries(1, orgId, 500);
    await house.owner`update audit_entries set position = 9223372036854775807, previous_hash = '', hash = '' where id = ${id}`;
    expect((await found()).map(({ kind, id: entry }) => [kind, entry])).toEqual([['unchained', id]]);
  });
});

describe('the end of a chain, as it is written down,', () => {
  test.each([
    ['its length', { length: LENGTH + 5 }],
    ['its hash', { hash: NO_HASH }],
    ['its seal', { seal: 'no seal' }],
  ])('is found to be forged in %s', async (_what, change) => {
    await chained();
    const seal = 'seal' in change ? `${key.kid}:${change.seal}` : undefined;
    await house.owner`update audit_chains set ${house.owner({ ...change, ...(seal && { seal }) })} where org_id = ${orgId}`;
    expect((await found()).map(({ kind }) => kind)).toEqual(['head']);
  });

  test('is found to be gone', async () => {
    await chained();
    await house.owner`delete from audit_chains where org_id = ${orgId}`;
    expect(await found()).toEqual([{ kind: 'head', position: LENGTH }]);
  });

  test("is found to be another organization's", async () => {
    await chained();
    const other = house.context({ vault: ctx.vault });
    await addEntries(LENGTH, orgOf(other));
    await chainAuditLog(ctx, orgOf(other));
    await house.owner`
      update audit_chains set seal = (select seal from audit_chains where org_id = ${orgOf(other)}) where org_id = ${orgId}
    `;
    expect((await found()).map(({ kind }) => kind)).toEqual(['head']);
  });

  test('is not sealed anew once it was forged: what is written next waits, and is shown all the same', async () => {
    await chained();
    await house.owner`update audit_chains set hash = ${NO_HASH} where org_id = ${orgId}`;
    const [id] = await addEntries(1, orgId, 500);
    expect(await chainAuditLog(ctx, orgId)).toEqual({ chained: 0, state: 'stopped' });
    const expected = [
      { kind: 'head', position: LENGTH },
      { kind: 'unchained', id },
    ];
    expect(await found()).toEqual(expected);
    const { entries } = await getOrganizationAuditLog({ ctx, input: { orgId, page_size: 1 } });
    expect(entries).toMatchObject([{ id }]);
    expect(entries[0]).not.toHaveProperty('position');
  });

  test('that was forged is told from one whose key is gone', async () => {
    await chained();
    const [gone, forged] = [await createVault([newKey()]), await createVault([newKey(), key])];
    const messageOf = async (vault: Context['vault']) =>
      (await verifyOrganizationAuditLog({ ctx: { ...ctx, vault }, input: { orgId } })).findings[0]?.message;
    expect(await messageOf(gone)).toContain(JSON.stringify(key.kid));
    expect(await messageOf(gone)).toContain('VAULT_KEYS');
    await house.owner`update audit_chains set length = length + 1 where org_id = ${orgId}`;
    expect(await messageOf(forged)).toContain('is not what was sealed');
  });

  test('cannot be sealed without the key', async () => {
    await chained();
    await house.owner`delete from audit_entries where org_id = ${orgId} and position > 15`;
    const hash = (await rows()).at(-1)!.hash!;
    const head = { length: 15, hash };
    const seal = sealHead(await createVault([{ ...newKey(), kid: key.kid }]), orgId, head);
    await house.owner`update audit_chains set ${house.owner({ ...head, seal })} where org_id = ${orgId}`;
    expect(await found()).toEqual([{ kind: 'head', position: 15 }]);
  });
});

test('many findings are cut off, and the answer says so', async () => {
  await addEntries(300);
  await chainAuditLog(ctx, orgId);
  await house.owner`update audit_entries set actor_id = 'user_2' where org_id = ${orgId}`;
  const answer = await verify();
  expect(answer).toMatchObject({ verified: false, truncated: true });
  expect(answer.findings).toHaveLength(100);
  expect(answer).not.toHaveProperty('next_page_token');
});

const TAMPERINGS = [
  'alter',
  'remove',
  'renumber',
  'exchange',
  'rehash',
  'unchain',
  'begin anew',
  'disown',
] as const;
/** What can be done to a chain, and what must be said of it. */
type Tampering = {
  readonly what: (typeof TAMPERINGS)[number];
  readonly a: number;
  readonly b: number;
};

async function tamper({ what, a, b }: Tampering, ids: readonly string[]) {
  const id = ids[a - 1]!;
  const next = ids[a];
  switch (what) {
    case 'alter':
      await house.owner`update audit_entries set after = after || '{"port": 0}' where id = ${id}`;
      return { kind: 'altered', position: a, id };
    case 'rehash':
      await house.owner`update audit_entries set actor_id = 'user_2' where id = ${id}`;
      await hashAnew(a, a);
      return { kind: 'altered', position: a, id };
    case 'remove':
      await house.owner`delete from audit_entries where id = ${id}`;
      return { kind: 'missing', position: a };
    case 'renumber':
      await removeAndRenumber(a);
      return a === LENGTH ? { kind: 'missing', position: a } : { kind: 'missing', position: a, id: next };
    case 'unchain':
      await house.owner`
        update audit_entries set after = after || '{"port": 0}', position = null, hash = null, previous_hash = null where id = ${id}
      `;
      return { kind: 'unchained', id };
    case 'begin anew':
      await house.owner`update audit_entries set position = null, hash = null, previous_hash = null where org_id = ${orgId}`;
      await house.owner`update audit_entries set after = after || '{"port": 0}' where id = ${id}`;
      await house.owner`delete from audit_chains where org_id = ${orgId}`;
      return { kind: 'unchained', id };
    case 'disown':
      await house.owner`
        update audit_entries set position = null, hash = null, previous_hash = null, mac = null where id = ${id}
      `;
      return { kind: 'missing', position: a };
    case 'exchange':
      await swapPositions(a, b);
      return { kind: 'reordered', position: a, id: ids[b - 1]! };
  }
}

test('whatever is done to one place of a chain is found at that place', async () => {
  const place = fc.integer({ min: 1, max: LENGTH });
  const tampering = fc
    .record({
      what: fc.constantFrom(...TAMPERINGS),
      ...{ a: place, b: place },
    })
    .filter(({ what, a, b }) => what !== 'exchange' || a !== b);
  await fc.assert(
    fc.asyncProperty(tampering, async (done) => {
      orgId = uniqueName('org');
      ctx = house.context({ orgId, vault: ctx.vault });
      const ids = await chained();
      expect(await found()).toEqual([]);
      const expected = await tamper(done, ids);
      expect(await found()).toContainEqual(expected);
    }),
    { numRuns: 60 },
  );
});

describe('chaining', () => {
  test('by two instances at once, while others write, makes one chain without gaps', async () => {
    const other = openStore({ url: house.url, maxConnections: 4 });
    const instances = [ctx, { ...ctx, store: other }];
    const writing = { isOver: false };
    const chain = async (each: Context) => {
      while (!writing.isOver) await chainAuditLog(each, orgId);
    };
    const chainers = [...instances, ...instances].map(chain);
    await Promise.all(Array.from({ length: 12 }, async () => await seedProject(ctx, 3)));
    writing.isOver = true;
    await Promise.all(chainers);
    expect(await verify()).toMatchObject({ verified: true, entries_checked: 48 });
    expect((await rows()).map(({ position }) => position)).toEqual(
      Array.from({ length: 48 }, (_, n) => n + 1),
    );
    await other.close();
  });

  test('takes more than a batch, and what is left of a great backlog the next time', async () => {
    await addEntries(5200);
    expect(await chainAuditLog(ctx, orgId)).toEqual({ chained: 5000, state: 'more' });
    expect(await chainAuditLog(ctx, orgId)).toEqual({ chained: 200, state: 'complete' });
    expect(await verify()).toMatchObject({ verified: true, entries_checked: 5200 });
  });

  test('in the background finds every organization with something to do, and then has nothing to do', async () => {
    const chainer = createAuditChainer(ctx);
    const stop = async () => {
      while ((await chainer.chainPending()).chained > 0);
    };
    await house.owner`delete from audit_entries where position is null`;
    const orgs = Array.from({ length: 120 }, () => uniqueName('org'));
    for (const org of orgs) await addEntries(2, org);
    await stop();
    const [left] = await house.owner<
      { count: number }[]
    >`select count(*)::int from audit_entries where position is null`;
    expect(left).toEqual({ count: 0 });
    expect(await chainer.chainPending()).toEqual({ chained: 0, stopped: [], refusing: [], failed: [] });
  });

  test('in the background leaves a broken chain alone, says so, and goes on with the others', async () => {
    await house.owner`delete from audit_entries where position is null`;
    await chained();
    await house.owner`update audit_chains set hash = '' where org_id = ${orgId}`;
    await addEntries(1, orgId, 500);
    const other = `zzz_${uniqueName('org')}`;
    await addEntries(1, other);
    expect(await createAuditChainer(ctx).chainPending()).toEqual({
      chained: 1,
      stopped: [orgId],
      refusing: [],
      failed: [],
    });
    await house.owner`delete from audit_entries where position is null`;
  });

  test('is the only change that the application may make to an entry, and only once', async () => {
    const [id = ''] = await chained();
    const run = async (sql: string) =>
      await ctx.store.transact(
        { tenants: [orgId] },
        async (tx) => await tx.run({ compile: () => ({ sql, parameters: [] }) } as never),
      );
    await expect(run(`update audit_entries set actor_id = 'x' where id = '${id}'`)).rejects.toThrow(
      /permission denied/,
    );
    await run(
      `update audit_entries set position = null, hash = null, previous_hash = null where id = '${id}' returning id`,
    );
    await run(`update audit_entries set hash = '' where id = '${id}'`);
    expect(await found()).toEqual([]);
    await expect(run(`delete from audit_chains`)).rejects.toThrow(/permission denied/);
  });
});

describe('a rotation of the vault keys', () => {
  test('seals the ends of the chains under the new key, so that the old one can be dropped', async () => {
    await chained();
    const next = newKey();
    const { failed, remaining } = await rotateSealingKey({
      store: house.store,
      vault: await createVault([next, key]),
    });
    expect(failed).not.toContain(`audit chain of ${orgId}`);
    expect(remaining).toBe(failed.length);
    ctx = { ...ctx, vault: await createVault([next]) };
    expect(await found()).toEqual([]);
    await addEntries(1, orgId, 500);
    expect(await verify()).toMatchObject({ verified: true, entries_checked: LENGTH + 1 });
  });

  test('does not make a forged end genuine, and names it', async () => {
    await chained();
    await house.owner`update audit_chains set length = 19 where org_id = ${orgId}`;
    const vault = await createVault([newKey(), key]);
    const { failed } = await rotateSealingKey({ store: house.store, vault });
    expect(failed).toContain(`audit chain of ${orgId}`);
    ctx = { ...ctx, vault };
    expect((await found()).map(({ kind }) => kind)).toContain('head');
  });

  test('beside what is written and chained loses nothing', async () => {
    await chained();
    const vault = await createVault([newKey(), key]);
    const writing = Array.from({ length: 8 }, async (_, n) => {
      await seedProject(ctx, 1);
      await chainAuditLog(n % 2 === 0 ? ctx : { ...ctx, vault }, orgId);
    });
    await Promise.all([rotateSealingKey({ store: house.store, vault }), ...writing]);
    await rotateSealingKey({ store: house.store, vault });
    ctx = { ...ctx, vault };
    expect(await verify()).toMatchObject({ verified: true, entries_checked: LENGTH + 16 });
  });
});
