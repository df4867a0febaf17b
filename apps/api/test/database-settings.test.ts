import type { Database } from '@headgate/schema';
import { databaseInput } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import { auditOf, expectRefusal, useProject } from './support.ts';

const { api, owner, projectId } = await useProject();
const PATH = `/v1/projects/${projectId}/databases`;

const create = async (over: object) =>
  await api.send<Database>('POST', PATH, { as: owner, body: { ...databaseInput(), ...over } });
const patch = async (id: string, body: object) =>
  await api.send<Database>('PATCH', `${PATH}/${id}`, { as: owner, body });
const codesOf = ({ warnings = [] }: Database) => warnings.map(({ code }) => code);

describe('the provider', () => {
  test.each([
    ['db.example.com', 'postgresql'],
    ['db.abcdefghij.supabase.co', 'supabase'],
    ['EP-cool-1.eu-central-1.aws.NEON.tech.', 'neon'],
    ['shop.abc.eu-central-1.rds.amazonaws.com', 'aws'],
    ['shop.postgres.database.azure.com', 'azure'],
    ['127.0.0.1', 'local'],
  ])('is told by the host %s: %s', async (host, provider) => {
    expect((await create({ host })).body.provider).toBe(provider);
  });

  test('is what was given where something was, until it is unset', async () => {
    const { body } = await create({ provider: 'gcp' });
    expect(body.provider).toBe('gcp');
    expect((await patch(body.id, { host: 'db.abc.supabase.co' })).body.provider).toBe('gcp');
    expect((await patch(body.id, { provider: '' })).body.provider).toBe('supabase');
    expect((await patch(body.id, { host: 'db.example.com' })).body.provider).toBe('postgresql');
  });

  test('that was only read and sent back goes on being told by the host', async () => {
    const { body } = await create({});
    await patch(body.id, { provider: body.provider });
    expect((await patch(body.id, { host: 'ep-1.neon.tech' })).body.provider).toBe('neon');
  });

  test('that there is not is refused by name', async () => {
    expectRefusal(await create({ provider: 'oracle' }), { code: 'INVALID_INPUT', field: 'provider' });
    expectRefusal(await create({ provider: '' }), { code: 'INVALID_INPUT', field: 'provider' });
  });
});

describe('warnings', () => {
  test.each([
    [{ ssl_mode: 'verify-ca' }, ['verify_ca_public_roots']],
    [{ ssl_mode: 'require' }, []],
    [{ host: 'ep-1-pooler.eu-central-1.aws.neon.tech' }, ['neon_transaction_mode']],
    [
      { host: 'db.abc.supabase.co', username: 'postgres.abc', ssl_mode: 'require' },
      ['supabase_direct_username', 'supabase_ipv6_only'],
    ],
    [{ host: 'shop.abc.eu-central-1.rds.amazonaws.com' }, ['provider_ca_needed']],
  ])('of %j are %j, when it is registered and when it is changed to that', async (over, codes) => {
    const { body } = await create(over);
    expect(codesOf(body)).toEqual(codes);
    const other = (await create({})).body;
    expect(codesOf((await patch(other.id, over)).body)).toEqual(codes);
  });
});

describe('excluded_schemas', () => {
  test('are answered as they were given, an empty list too, and left out when they were never set', async () => {
    expect((await create({})).body).not.toHaveProperty('excluded_schemas');
    expect((await create({ excluded_schemas: null })).body).not.toHaveProperty('excluded_schemas');
    expect((await create({ excluded_schemas: [] })).body.excluded_schemas).toEqual([]);
    const { body } = await create({ excluded_schemas: ['b', 'a', 'b'] });
    expect(body.excluded_schemas).toEqual(['b', 'a', 'b']);
  });

  test('are replaced as a whole by a change, and unset by null, each with its audit entry', async () => {
    const { body } = await create({ excluded_schemas: ['a'] });
    expect((await patch(body.id, { excluded_schemas: ['b', 'c'] })).body.excluded_schemas).toEqual([
      'b',
      'c',
    ]);
    expect((await patch(body.id, { port: 5433 })).body.excluded_schemas).toEqual(['b', 'c']);
    expect((await patch(body.id, { excluded_schemas: null })).body).not.toHaveProperty('excluded_schemas');
    const [, changed] = await auditOf(api, body.id);
    expect(changed).toMatchObject({
      before: { excluded_schemas: ['a'] },
      after: { excluded_schemas: ['b', 'c'] },
    });
  });

  test('may be 100, of 63 bytes each', async () => {
    const excluded = Array.from({ length: 100 }, (_, i) => `${i}`.padStart(63, 's'));
    expect((await create({ excluded_schemas: excluded })).body.excluded_schemas).toEqual(excluded);
  });

  test.each([
    ['excluded_schemas', Array.from({ length: 101 }, String)],
    ['excluded_schemas', 'public'],
    ['excluded_schemas[0]', ['']],
    ['excluded_schemas[1]', ['a', 's'.repeat(64)]],
    ['excluded_schemas[0]', ['é'.repeat(32)]],
    ['excluded_schemas[0]', ['a\u0000b']],
    ['excluded_schemas[0]', [5]],
  ])('beyond that are refused: %s', async (field, value) => {
    expectRefusal(await create({ excluded_schemas: value }), { code: 'INVALID_INPUT', field });
  });
});
