import { newId } from '@headgate/schema';
import { createAuthority } from '@headgate/testing';
import { createVault, type Vault, type VaultKey } from '@headgate/vault';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as core from '../src/index.ts';
import { SEALED_COLUMNS } from '../src/upkeep/sealed-columns.ts';
import { newKey, orgOf, seedProject, startCore, type Core } from './support.ts';

/** Columns that stay as they are, each with the reason. */
const NOT_SEALED_ANEW: Record<string, string> = {
  'idempotency_records.sealed_secret': 'is gone within a day',
};

let house: Core;
let nextKey: VaultKey;
let oldVault: Vault;
let newVault: Vault;
/** Every secret there is, by its column. */
let secrets: Record<string, string>;
let ids: { databaseId: string; certificateId: string; slotId: string };

beforeAll(async () => {
  house = await startCore();
});
afterAll(async () => await house.close());
beforeEach(async () => {
  await house.owner`truncate projects, databases, audit_entries, idempotency_records, organizations cascade`;
  nextKey = newKey();
  const oldKey = newKey();
  oldVault = await createVault([oldKey]);
  newVault = await createVault([nextKey, oldKey]);
  await seed();
});

/** One row of each table, with a secret in each of its sealed columns. */
async function seed(): Promise<void> {
  const ctx = house.context({ vault: oldVault });
  const { projectId, passwords } = await seedProject(ctx, 1);
  const [[databaseId, password]] = [...passwords] as [[string, string]];
  const { certificate, key } = await (await createAuthority()).issue({ name: 'app' });
  const client = { name: 'app', kind: 'client' as const, certificate, private_key: key };
  const made = await core.createCertificate({ ctx, input: { projectId, certificate: client } });
  ids = { databaseId, certificateId: made.view.id, slotId: newId('slot') };
  const seal = async (text: string, owner: string) => await oldVault.seal(text, owner);
  const [staged, previous, primary] = await Promise.all([
    seal('staged', `databases/${databaseId}/password`),
    seal('previous', `databases/${databaseId}/password`),
    seal('primary', `replication_slots/${ids.slotId}/primary_password`),
  ]);
  const now = house.clock.now();
  await house.owner`
    update databases set staged_username = 'u', staged_sealed_password = ${staged.jwe},
      staged_sealing_key_id = ${staged.keyId}, staged_password_id = 'staged', staged_at = ${now}, previous_username = 'u',
      previous_sealed_password = ${previous.jwe}, previous_sealing_key_id = ${previous.keyId},
      previous_password_id = 'previous', previous_until = ${now}
  `;
  await house.owner`insert into replication_slots ${house.owner({
    ...{ id: ids.slotId, org_id: orgOf(ctx), project_id: projectId, database_id: databaseId },
    ...{
      slot_name: 's',
      publication_name: 'p',
      status: 'active',
      upstream: 'u',
      created_at: now,
      updated_at: now,
    },
    ...{ primary_host: 'h', primary_port: 5432, primary_database: 'd', primary_username: 'u' },
    ...{ primary_ssl_mode: 'require', sealed_primary_password: primary.jwe, sealing_key_id: primary.keyId },
  })}`;
  secrets = {
    'databases.sealed_password': password,
    'databases.staged_sealed_password': 'staged',
    'databases.previous_sealed_password': 'previous',
    'certificates.sealed_private_key': key,
    'replication_slots.sealed_primary_password': 'primary',
  };
}

/** Every secret as it opens in this vault, by its column. */
async function openAll(vault: Vault): Promise<Record<string, string>> {
  const opened = SEALED_COLUMNS.map(async ({ table, column, owner }) => {
    const [row] = await house.owner<{ id: string; sealed: string }[]>`
      select id, ${house.owner(column)} as sealed from ${house.owner(table)}
    `;
    return [`${table}.${column}`, (await vault.open(row!.sealed, owner(row!.id))).trim()] as const;
  });
  return Object.fromEntries(await Promise.all(opened));
}

const rotate = async (vault = newVault) => await core.rotateSealingKey({ store: house.store, vault });
const trimmed = () =>
  Object.fromEntries(Object.entries(secrets).map(([column, text]) => [column, text.trim()]));

test('every column of the schema that holds something sealed is sealed anew, or is listed with its reason', async () => {
  const columns = await house.owner<{ name: string }[]>`
    select table_name || '.' || column_name as name from information_schema.columns
    where table_schema = 'headgate' and column_name like '%sealed%'
  `;
  const known = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`);
  expect(columns.map(({ name }) => name).toSorted()).toEqual(
    [...known, ...Object.keys(NOT_SEALED_ANEW)].toSorted(),
  );
  expect(Object.keys(secrets).toSorted()).toEqual(known.toSorted());
});

describe('a rotation', () => {
  test('seals the secrets of all of them under the first key, so that the old one can be dropped', async () => {
    const count = SEALED_COLUMNS.length;
    expect(await rotate()).toEqual({ total: count, resealed: count, failed: [], remaining: 0 });
    expect(await openAll(await createVault([nextKey]))).toEqual(trimmed());
    expect(await rotate()).toEqual({ total: 0, resealed: 0, failed: [], remaining: 0 });
  });

  test('names what does not open by its row and column, and does the rest', async () => {
    await house.owner`update databases set previous_sealed_password = 'altered'`;
    await house.owner`update certificates set sealed_private_key = 'altered'`;
    const { resealed, failed, remaining } = await rotate();
    expect({ resealed, remaining }).toEqual({ resealed: SEALED_COLUMNS.length - 2, remaining: 2 });
    expect(failed).toEqual([
      `${ids.databaseId} previous_sealed_password`,
      `${ids.certificateId} sealed_private_key`,
    ]);
  });

  // A rotation of credentials moves what lies sealed from one column of its row to another.
  test('finds a secret that changes its column meanwhile', async () => {
    let isDone = false;
    const vault: Vault = {
      ...newVault,
      open: async (jwe, owner) => {
        const opened = await newVault.open(jwe, owner);
        if (opened === 'staged' && !isDone) {
          isDone = true;
          await house.owner`
            update databases set sealed_password = staged_sealed_password, sealing_key_id = staged_sealing_key_id,
              password_id = staged_password_id, previous_sealed_password = sealed_password,
              previous_sealing_key_id = sealing_key_id, previous_password_id = password_id,
              staged_username = null, staged_sealed_password = null, staged_sealing_key_id = null,
              staged_password_id = null, staged_at = null
          `;
        }
        return opened;
      },
    };
    expect(await rotate(vault)).toMatchObject({ failed: [], remaining: 0 });
    const [row] = await house.owner<{ now: string; before: string }[]>`
      select sealed_password as now, previous_sealed_password as before from databases
    `;
    const alone = await createVault([nextKey]);
    const owner = `databases/${ids.databaseId}/password`;
    expect([await alone.open(row!.now, owner), await alone.open(row!.before, owner)]).toEqual([
      'staged',
      secrets['databases.sealed_password'],
    ]);
  });
});
