import { createVault, generateVaultKeys, parseVaultKeys } from '@headgate/core';
import { newId } from '@headgate/schema';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWorld, type World } from './program.ts';

/** Several batches of 200. */
const COUNT = 1_000;

const jwkOf = () =>
  (JSON.parse(generateVaultKeys(new Date())) as { keys: { kid: string; k: string }[] }).keys[0]!;

let world: World;
let oldKey: ReturnType<typeof jwkOf>;
let newKey: typeof oldKey;
beforeEach(async () => {
  world = await createWorld();
  oldKey = jwkOf();
  newKey = jwkOf();
  await seed();
});
afterEach(async () => await world.close());

const keySet = (...keys: object[]) => JSON.stringify({ keys });
const vaultOf = async (...keys: object[]) => await createVault(parseVaultKeys(keySet(...keys)));
const passwordOf = (id: string) => `password of ${id}`;

async function seed(): Promise<void> {
  const vault = await vaultOf(oldKey);
  const projectId = newId('prj');
  await world.owner`
    insert into projects (id, org_id, name, cloud, self_hosted, status, created_at, updated_at)
    values (${projectId}, 'org_a', 'p', 'aws', false, 'active', now(), now())
  `;
  const ids = Array.from({ length: COUNT }, () => newId('db') as string);
  const sealed = await Promise.all(
    ids.map(async (id) => (await vault.seal(passwordOf(id), `databases/${id}/password`)).jwe),
  );
  await world.owner`
    insert into databases (id, sealed_password, org_id, project_id, host, port, name, username, sealing_key_id,
      password_id, ssl_mode, cache_enabled, cache_ttl_seconds, cache_max_entries, cache_swr_seconds, pool_size, pool_min_size, pool_mode,
      pool_max_active, created_at, updated_at)
    select id, jwe, 'org_a', ${projectId}, 'h', 1, 'n', 'u', ${oldKey.kid}, 'p', 'require', false, 0, 0, 0, 1, 1, 'session', 1,
      now(), now()
    from unnest(${ids}::text[], ${sealed}::text[]) as t(id, jwe)
  `;
}

async function expectAllUnder(key: object): Promise<void> {
  const vault = await vaultOf(key);
  const rows = await world.owner<
    { id: string; sealed_password: string }[]
  >`select id, sealed_password from databases`;
  expect(rows).toHaveLength(COUNT);
  for (const { id, sealed_password: jwe } of rows) {
    expect(await vault.open(jwe, `databases/${id}/password`)).toBe(passwordOf(id));
  }
}

const rotate = (...keys: object[]) =>
  world.run({ args: ['rotate-vault-keys'], env: { VAULT_KEYS: keySet(...keys) } });

describe('the command rotate-vault-keys', () => {
  test('reports its progress and no secret, exits with 0, and leaves nothing for another run to do', async () => {
    const program = rotate(newKey, oldKey);
    expect(await program.ended, program.stderr()).toBe(0);
    const progress = program.log().filter(({ msg }) => msg === 'rotation');
    const done = progress.map(({ resealed }) => Number(resealed));
    expect(done).toEqual(Array.from({ length: COUNT / 200 + 1 }, (_, index) => index * 200));
    expect(progress.every(({ total, key_id: keyId }) => total === COUNT && keyId === newKey.kid)).toBe(true);
    expect(program.log().at(-1)).toMatchObject({ msg: 'rotation done', resealed: COUNT });
    await expectAllUnder(newKey);
    const said = program.stdout() + program.stderr();
    for (const secret of ['password of', oldKey.k, newKey.k]) expect(said).not.toContain(secret);

    const again = rotate(newKey, oldKey);
    expect(await again.ended).toBe(0);
    expect(again.log().at(-1)).toMatchObject({ msg: 'rotation done', total: 0, resealed: 0 });
  });

  test('interrupted by SIGTERM says so and exits with 1; run again, it completes the rest', async () => {
    const first = rotate(newKey, oldKey);
    const begun = () => first.log().some(({ msg, resealed }) => msg === 'rotation' && Number(resealed) > 0);
    await expect.poll(begun, { timeout: 30_000, interval: 1 }).toBe(true);
    first.signal('SIGTERM');
    expect(await first.ended).toBe(1);
    expect(first.log().at(-1)).toMatchObject({ msg: 'rotation interrupted; run it again' });
    const resealed = Number(first.log().at(-1)?.['resealed']);
    expect(resealed).toBeLessThan(COUNT);

    const second = rotate(newKey, oldKey);
    expect(await second.ended).toBe(0);
    expect(second.log().at(-1)).toMatchObject({
      msg: 'rotation done',
      total: COUNT - resealed,
      resealed: COUNT - resealed,
    });
    await expectAllUnder(newKey);
  });

  test('killed in the middle loses nothing: run again, it completes the rest', async () => {
    const first = rotate(newKey, oldKey);
    const begun = () => first.log().some(({ msg, resealed }) => msg === 'rotation' && Number(resealed) > 0);
    await expect.poll(begun, { timeout: 30_000, interval: 1 }).toBe(true);
    first.signal('SIGKILL');
    expect(await first.ended).toBe('SIGKILL');
    expect(await rotate(newKey, oldKey).ended).toBe(0);
    await expectAllUnder(newKey);
  });

  test('without the old key changes nothing, names what does not open, and exits with 1', async () => {
    const program = rotate(newKey);
    expect(await program.ended).toBe(1);
    const failure = program.log().find(({ level }) => level === 'error');
    expect(failure?.['secrets']).toEqual(expect.arrayContaining([expect.stringMatching(/^db_/)]));
    await expectAllUnder(oldKey);
  });

  test('beside the API keeps its requests served, and a second instance of it does no harm', async () => {
    const api = world.run({ env: { VAULT_KEYS: keySet(newKey, oldKey) } });
    const url = await api.url();
    const rotations = [rotate(newKey, oldKey), rotate(newKey, oldKey)];
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    for (const { ended } of rotations) expect(await ended).toBe(0);
    await expectAllUnder(newKey);
  });
});
