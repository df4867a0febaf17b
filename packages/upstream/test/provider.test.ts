import { describe, expect, test } from 'vitest';
import {
  defaultExcludedSchemas,
  detectProvider,
  isExpiringToken,
  providerHints,
  type Provider,
} from '../src/index.ts';

describe('the provider is told by the host', () => {
  test.each<[host: string, provider: Provider]>([
    ['db.abcdefghijklmnopqrst.supabase.co', 'supabase'],
    ['aws-0-eu-central-1.pooler.supabase.com', 'supabase'],
    ['AWS-0-eu-central-1.POOLER.Supabase.COM.', 'supabase'],
    ['ep-cool-darkness-123456.us-east-2.aws.neon.tech', 'neon'],
    ['ep-cool-darkness-123456-pooler.us-east-2.aws.neon.tech', 'neon'],
    ['mydb.abc123.eu-west-1.rds.amazonaws.com', 'aws'],
    ['mydb.cluster-ro-abc123.eu-west-1.rds.amazonaws.com', 'aws'],
    ['mydb.abc123.rds.cn-north-1.amazonaws.com.cn', 'aws'],
    ['abcdef123456.0123456789ab.us-central1.sql.goog', 'gcp'],
    ['abcdef123456.0123456789ab.us-central1.alloydb.goog', 'gcp'],
    ['mydb.postgres.database.azure.com', 'azure'],
    ['c-mydb.abc123.postgres.cosmos.azure.com', 'azure'],
    ['mydb-do-user-123-0.b.db.ondigitalocean.com', 'digitalocean'],
    ['localhost', 'local'],
    ['LocalHost.', 'local'],
    ['db.localhost', 'local'],
    ['127.0.0.1', 'local'],
    ['127.1', 'local'],
    ['0177.0.0.1', 'local'],
    ['2130706433', 'local'],
    ['0x7F000001', 'local'],
    ['0x7f.0.0.0x1', 'local'],
    ['::1', 'local'],
    ['::ffff:127.0.0.1', 'local'],
    ['db.example.com', 'postgresql'],
    ['10.0.0.1', 'postgresql'],
    ['203.0.113.7', 'postgresql'],
    ['', 'postgresql'],
  ])('%s is %s', (host, provider) => {
    expect(detectProvider(host)).toBe(provider);
  });

  test.each([
    'supabase.co.evil.example',
    'evilsupabase.co',
    'supabase.co-evil.example',
    'neon.tech.example',
    'xneon.tech',
    'rds.amazonaws.com.evil.example',
    'ec2-203-0-113-7.compute-1.amazonaws.com',
    'cn-north-1.amazonaws.com.cn',
    'supabase.com',
    'localhost.example',
    'notlocalhost',
    '127.0.0.1.example',
  ])('%s belongs to nobody who only looks like it', (host) => {
    expect(detectProvider(host)).toBe('postgresql');
  });
});

const REF = 'abcdefghijklmnopqrst';

/** The codes of what is said about a server that verifies fully with a bundle of its own, and of what is changed of it. */
function codesOf(changes: Partial<Parameters<typeof providerHints>[0]>): string[] {
  const host = changes.host ?? 'db.example.com';
  const server = {
    host,
    port: 5432,
    username: 'postgres',
    sslMode: 'verify-full' as const,
    hasCa: true,
    provider: detectProvider(host),
    ...changes,
  };
  return providerHints(server).map(({ code, message }) => {
    expect(message).toMatch(/^\S.*\.$/);
    return code;
  });
}

describe('hints', () => {
  const direct = `db.${REF}.supabase.co`;
  const pooler = 'aws-0-eu-central-1.pooler.supabase.com';

  test('are none for a server of nobody in particular, whatever its port and user', () => {
    expect(codesOf({})).toEqual([]);
    expect(codesOf({ port: 6543, username: `postgres.${REF}`, hasCa: false })).toEqual([]);
    expect(codesOf({ host: 'db-pooler.example.com', username: 'user@db-pooler' })).toEqual([]);
  });

  test('tell a user of the pooler at a direct host of Supabase, and a user of a direct host at the pooler', () => {
    expect(codesOf({ host: direct, username: `postgres.${REF}` })).toContain('supabase_direct_username');
    expect(codesOf({ host: direct })).not.toContain('supabase_direct_username');
    expect(codesOf({ host: pooler })).toContain('supabase_pooler_username');
    expect(codesOf({ host: pooler, username: `postgres.${REF}` })).toEqual([]);
    expect(codesOf({ host: `${pooler.toUpperCase()}.` })).toContain('supabase_pooler_username');
  });

  test('tell that direct hosts of Supabase have only IPv6 addresses', () => {
    expect(codesOf({ host: direct })).toEqual(['supabase_ipv6_only']);
    expect(codesOf({ host: pooler, username: `postgres.${REF}` })).not.toContain('supabase_ipv6_only');
  });

  test('tell poolers in transaction mode', () => {
    expect(codesOf({ host: pooler, username: `postgres.${REF}`, port: 6543 })).toEqual([
      'supabase_transaction_mode',
    ]);
    expect(codesOf({ host: direct, port: 6543 })).toContain('supabase_transaction_mode');
    expect(codesOf({ host: 'ep-a-1-pooler.us-east-2.aws.neon.tech' })).toEqual(['neon_transaction_mode']);
    expect(codesOf({ host: 'ep-a-1.us-east-2.aws.neon.tech' })).toEqual([]);
    expect(codesOf({ host: 'ep-a-1.x-pooler.neon.tech' })).toEqual([]);
  });

  test.each([
    'mydb.abc123.eu-west-1.rds.amazonaws.com',
    direct,
    'abcdef123456.0123456789ab.us-central1.sql.goog',
    'mydb-do-user-123-0.b.db.ondigitalocean.com',
  ])('tell that %s is verified only with a CA bundle of its own', (host) => {
    for (const sslMode of ['verify-ca', 'verify-full'] as const) {
      expect(codesOf({ host, sslMode, hasCa: false })).toContain('provider_ca_needed');
      expect(codesOf({ host, sslMode, hasCa: true })).not.toContain('provider_ca_needed');
    }
    for (const sslMode of ['disable', 'allow', 'prefer', 'require'] as const)
      expect(codesOf({ host, sslMode, hasCa: false })).not.toContain('provider_ca_needed');
  });

  test.each([
    'mydb.proxy-abc123.eu-west-1.rds.amazonaws.com',
    'ep-a-1.us-east-2.aws.neon.tech',
    'mydb.postgres.database.azure.com',
  ])('ask for no CA bundle where a public authority signs: %s', (host) => {
    expect(codesOf({ host, hasCa: false })).toEqual([]);
  });

  test('tell of the authorized networks of Cloud SQL where its address is public', () => {
    expect(codesOf({ host: '34.1.2.3', provider: 'gcp' })).toEqual(['gcp_authorized_networks']);
    expect(codesOf({ host: '34.1.2.3' })).toEqual([]);
    expect(codesOf({ host: '10.1.2.3', provider: 'gcp' })).toEqual([]);
  });

  test('tell the old form of a user name of Azure', () => {
    const host = 'MyDb.postgres.database.azure.com';
    expect(codesOf({ host, username: 'admin@mydb' })).toEqual(['azure_username']);
    // A role of Entra ID may well be named so.
    expect(codesOf({ host, username: 'someone@example.com' })).toEqual([]);
  });
});

test('a token of AWS IAM is told from a password', () => {
  const token =
    'mydb.abc123.eu-west-1.rds.amazonaws.com:5432/?Action=connect&DBUser=u&X-Amz-Algorithm=AWS4-HMAC-SHA256' +
    '&X-Amz-Date=20261121T083000Z&X-Amz-SignedHeaders=host&X-Amz-Expires=900&X-Amz-Signature=0123abcd';
  expect(isExpiringToken(token)).toBe(true);
  expect(isExpiringToken('X-Amz')).toBe(false);
  expect(isExpiringToken('pa$$word')).toBe(false);
});

test('the schemas of its own services are left out for Supabase, and none for others', () => {
  expect(defaultExcludedSchemas('supabase')).toEqual(
    expect.arrayContaining([
      'auth',
      'storage',
      'realtime',
      'extensions',
      'vault',
      'pgsodium',
      'graphql',
      'graphql_public',
    ]),
  );
  for (const provider of ['postgresql', 'neon', 'aws', 'gcp', 'azure', 'digitalocean', 'local'] as const)
    expect(defaultExcludedSchemas(provider)).toEqual([]);
});
