import { generateVaultKeys } from '@headgate/core';
import { LOCAL_REGION } from '@headgate/schema';
import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig, type Config } from '../src/config/index.ts';

const KEYS = generateVaultKeys(new Date());
const DATABASE_URL = 'postgresql://headgate:s3cret@db.internal:5432/headgate';
const REGION = { ...LOCAL_REGION, id: 'eu-1' };

const read = (env: Record<string, string>) => readConfig(env, '/default/.headgate');

/** The error of an environment, which must be one line of the form `VARIABLE: remedy`. */
function refusalOf(env: Record<string, string>): ConfigError {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  return expect.fail('it was accepted');
}

interface Variable {
  readonly of: (config: Config) => unknown;
  readonly absent: unknown;
  readonly good: readonly (readonly [text: string, value: unknown])[];
  readonly bad: readonly string[];
  readonly remedy: RegExp;
  /** What has to stand beside it. */
  readonly beside?: Record<string, string>;
  /** The variables whose defaults it decides. */
  readonly decides?: readonly string[];
}

const integer = /^[A-Z_]+: give a whole number from \d+ to \d+$/;
const notPorts = ['-1', '65536', '80.5', '8e3', 'http', ' 80', '0x50', '1'.repeat(400)];

const VARIABLES: Record<string, Variable> = {
  HOST: {
    of: ({ host }) => host,
    absent: '127.0.0.1',
    good: [
      ['0.0.0.0', '0.0.0.0'],
      ['::1', '::1'],
    ],
    bad: [],
    remedy: /./,
  },
  PORT: {
    of: ({ port }) => port,
    absent: 8787,
    good: [
      ['0', 0],
      ['65535', 65_535],
    ],
    bad: notPorts,
    remedy: integer,
  },
  IDENTITY_PORT: {
    of: ({ identityPort }) => identityPort,
    absent: 8788,
    good: [['9000', 9000]],
    bad: notPorts,
    remedy: integer,
  },
  DATA_DIR: {
    of: ({ dataDir }) => dataDir,
    absent: '/default/.headgate',
    good: [['/srv/h', '/srv/h']],
    bad: [],
    remedy: /./,
  },
  DATABASE_URL: {
    of: ({ databaseUrl }) => databaseUrl,
    absent: undefined,
    good: [
      [DATABASE_URL, DATABASE_URL],
      ['postgres://h/d?sslmode=require', 'postgres://h/d?sslmode=require'],
      [
        'postgres://u:p,p@a:5432,b:5433/d?target_session_attrs=read-write',
        'postgres://u:p,p@a:5432,b:5433/d?target_session_attrs=read-write',
      ],
    ],
    bad: [
      'db.internal',
      'mysql://u:s3cret@h/d',
      'postgresql://u:s3cret@h',
      'postgresql://u:s3cret@h/',
      's3cret',
    ],
    remedy: /postgresql:\/\/user:password@host:5432\/database$/,
    beside: { VAULT_KEYS: KEYS },
    decides: ['UPSTREAM_ALLOWED_CIDRS'],
  },
  DATABASE_MAX_CONNECTIONS: {
    of: ({ databaseMaxConnections }) => databaseMaxConnections,
    absent: 10,
    good: [
      ['1', 1],
      ['500', 500],
    ],
    bad: ['0', '501', 'many'],
    remedy: integer,
  },
  AUTH_ORGS_CLAIM: {
    of: ({ orgsClaim }) => orgsClaim,
    absent: '/orgs',
    good: [
      ['/https:~1~1example.com~1orgs', '/https:~1~1example.com~1orgs'],
      ['/a/0/b', '/a/0/b'],
    ],
    bad: ['orgs', 'a/b', '/a~2', '/~'],
    remedy: /JSON pointer \(RFC 6901\)/,
  },
  VAULT_KEYS: {
    of: ({ vaultKeys }) => vaultKeys,
    absent: undefined,
    good: [[KEYS, KEYS]],
    bad: [
      's3cret',
      '[]',
      '{"keys":[]}',
      '{"keys":[{"kty":"oct","kid":"a","k":"s3cret"}]}',
      KEYS.replace('"oct"', '"RSA"'),
    ],
    remedy: /^VAULT_KEYS: the JWK Set /,
  },
  VAULT_KEYS_LOST: {
    of: ({ lostVaultKeys }) => lostVaultKeys,
    absent: [],
    good: [
      ['headgate-2026-01-01-ab12', ['headgate-2026-01-01-ab12']],
      ['a, b.c', ['a', 'b.c']],
    ],
    bad: ['a,,b', 'a b', '{"keys":[]}', 'a'.repeat(65)],
    remedy: /^VAULT_KEYS_LOST: give the ids/,
  },
  PROXY_DOMAIN: {
    of: ({ settings }) => settings.proxyDomain,
    absent: 'localhost',
    good: [['db.example.com', 'db.example.com']],
    bad: ['https://db.example.com', 'db.example.com:6432', '-a.example', 'a..b', 'a b', 'a'.repeat(201)],
    remedy: /domain name/,
  },
  PROXY_PORT: {
    of: ({ settings }) => settings.proxyPort,
    absent: 6432,
    good: [['1', 1]],
    bad: ['0', ...notPorts],
    remedy: integer,
  },
  REGIONS: {
    of: ({ settings }) => settings.regions,
    absent: [LOCAL_REGION],
    good: [[JSON.stringify([LOCAL_REGION, REGION]), [LOCAL_REGION, REGION]]],
    bad: [
      'eu-1',
      '{}',
      '[]',
      '[{}]',
      JSON.stringify([REGION, REGION]),
      JSON.stringify([{ ...REGION, status: 'asleep' }]),
    ],
    remedy: /^REGIONS: /,
  },
  DNS_SERVERS: {
    of: ({ dnsServers }) => dnsServers,
    absent: undefined,
    good: [
      ['192.0.2.53', ['192.0.2.53']],
      ['192.0.2.53:5353', ['192.0.2.53:5353']],
      ['2001:db8::53', ['2001:db8::53']],
      ['[2001:db8::53]', ['[2001:db8::53]']],
      ['192.0.2.53, [2001:db8::53]:5353', ['192.0.2.53', '[2001:db8::53]:5353']],
    ],
    bad: [
      'resolver.example.com',
      '192.0.2.53,',
      ',',
      '192.0.2.53;192.0.2.54',
      '192.0.2.53 192.0.2.54',
      '192.0.2.53:0',
      '192.0.2.53:65536',
      '192.0.2.53:dns',
      '192.0.2.53:',
      '127.1',
      '[192.0.2.53]',
      '[192.0.2.53]:53',
      '[2001:db8::1',
      '[2001:db8::53]:0',
      '2001:db8::53:99999',
      '[fe80::1%eth0]:53',
      'udp://192.0.2.53',
      Array.from({ length: 11 }, (_, index) => `192.0.2.${index}`).join(','),
    ],
    remedy: /at most 10 addresses, separated by commas/,
  },
  CORS_ORIGINS: {
    of: ({ corsOrigins }) => corsOrigins,
    absent: [],
    good: [['https://a.example, http://localhost:3000', ['https://a.example', 'http://localhost:3000']]],
    bad: ['*', 'a.example', 'https://a.example/', 'https://a.example/path', 'https://a.example,', 'null'],
    remedy: /comma-separated list of origins/,
  },
  RATE_LIMIT_STORE: {
    of: ({ rateLimits }) => rateLimits.store,
    absent: 'memory',
    good: [
      ['postgres', 'postgres'],
      ['redis://user:s3cret@cache.internal:6379/2', { url: 'redis://user:s3cret@cache.internal:6379/2' }],
      ['rediss://cache.internal', { url: 'rediss://cache.internal' }],
    ],
    bad: [
      'redis',
      'Memory',
      'http://cache.internal',
      'redis:///0',
      'redis:6379',
      'user:s3cret@cache.internal',
    ],
    remedy: /^RATE_LIMIT_STORE: give memory, postgres, or the URL of a Redis or Valkey/,
  },
  ADDRESS_REQUESTS_PER_SECOND: {
    of: ({ rateLimits }) => rateLimits.addressRequestsPerSecond,
    absent: 500,
    good: [['1', 1]],
    bad: ['0', '-1', '1000001', '1.5', 'none'],
    remedy: integer,
  },
  ADDRESS_FAILURES_PER_SECOND: {
    of: ({ rateLimits }) => rateLimits.addressFailuresPerSecond,
    absent: 5,
    good: [['1000000', 1_000_000]],
    bad: ['0', '-1', '1000001', '1.5', 'none'],
    remedy: integer,
  },
  TRUSTED_PROXIES: {
    of: ({ trustedProxies }) => trustedProxies,
    absent: [],
    good: [['10.0.0.0/8, 192.0.2.1,2001:db8::/32', ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32']]],
    bad: [
      '*',
      'proxy.internal',
      '10.0.0.0/33',
      '10.0.0/8',
      '::/129',
      '10.0.0.0/8,',
      '10.0.0.0/8/8',
      'fe80::1%eth0',
    ],
    remedy: /comma-separated list of IP addresses and CIDRs/,
  },
  UPSTREAM_ALLOWED_CIDRS: {
    of: ({ upstreamAllowedCidrs }) => upstreamAllowedCidrs,
    absent: ['127.0.0.0/8', '::1/128'],
    good: [
      ['10.0.0.0/8', ['10.0.0.0/8']],
      ['10.1.2.3', ['10.1.2.3']],
      [' 10.0.0.0/8 , 192.168.7.0/24,FD00::/8', ['10.0.0.0/8', '192.168.7.0/24', 'FD00::/8']],
      ['0.0.0.0/0,::/0', ['0.0.0.0/0', '::/0']],
    ],
    bad: [
      '*',
      'none',
      'db.internal',
      'localhost',
      '10.0.0.0/33',
      '10.0.0/8',
      '127.1',
      '0x7f000001',
      '010.0.0.0/8',
      '10.0.0.0/-1',
      '10.0.0.0/08',
      '10.0.0.0/8/8',
      '10.0.0.0/255.0.0.0',
      '10.0.0.0-10.0.0.9',
      '10.0.0.0/8,',
      ',',
      '10.0.0.0/8;192.168.0.0/16',
      '10.0.0.0/8 192.168.0.0/16',
      '10.1.2.3/8',
      'fd00::1/8',
      '::/129',
      '[fd00::]/8',
      'fe80::1%eth0',
      'fe80::%eth0/10',
      '::ffff:10.0.0.0/104',
    ],
    remedy: /comma-separated list of IP addresses and CIDRs, with no bit set behind the prefix/,
  },
  IMAGE_SHA: {
    of: ({ imageSha }) => imageSha,
    absent: 'unknown',
    good: [['abc', 'abc']],
    bad: [],
    remedy: /./,
  },
  LOG_LEVEL: {
    of: ({ logLevel }) => logLevel,
    absent: 'info',
    good: [
      ['trace', 'trace'],
      ['silent', 'silent'],
    ],
    bad: ['INFO', 'verbose', '30'],
    remedy: /^LOG_LEVEL: give one of fatal, /,
  },
  MIGRATE_ON_START: {
    of: ({ migrateOnStart }) => migrateOnStart,
    absent: true,
    good: [
      ['false', false],
      ['true', true],
    ],
    bad: ['no', '0', 'False'],
    remedy: /give one of true, false$/,
  },
};

describe.each(Object.entries(VARIABLES))('%s', (name, variable) => {
  const { of, absent, good, bad, remedy, beside = {}, decides = [] } = variable;

  test('has its default when it is absent or empty', () => {
    expect(of(read({}))).toEqual(absent);
    expect(of(read({ [name]: '' }))).toEqual(absent);
  });

  test.each(good)('is read: %s', (text, value) => {
    expect(of(read({ ...beside, [name]: text }))).toEqual(value);
  });

  test.runIf(bad.length > 0).each(bad)(
    'is refused in one line that names it and the remedy, and does not quote it: %s',
    (text) => {
      const { message } = refusalOf({ ...beside, [name]: text });
      expect(message).toMatch(new RegExp(`^${name}: `));
      expect(message).toMatch(remedy);
      expect(message).not.toContain('\n');
      expect(message).not.toContain('s3cret');
      // Short values may stand in the remedy by chance.
      if (text.length > 6) expect(message).not.toContain(text);
    },
  );

  test('changes nothing but itself: the rows are independent of each other', () => {
    for (const [text] of good) {
      const [changed, plain] = [read({ ...beside, [name]: text }), read(beside)];
      for (const [other, { of: ofOther }] of Object.entries(VARIABLES)) {
        if (other === name || decides.includes(other)) continue;
        expect(ofOther(changed), other).toEqual(ofOther(plain));
      }
    }
  });
});
