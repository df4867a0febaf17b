import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../src/config.ts';

const required = { DATABASE_URL: 'postgresql://u:p@localhost/db', IDENTITY_SECRET: 's'.repeat(32) };

function problemWith(env: Record<string, string | undefined>): string {
  try {
    readConfig({ ...required, ...env });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  return 'none';
}

describe('the configuration', () => {
  it('needs a secret and a database, and has safe defaults for the rest', () => {
    expect(readConfig(required)).toEqual({
      host: '127.0.0.1',
      port: 8788,
      url: 'http://127.0.0.1:8788',
      secret: required.IDENTITY_SECRET,
      databaseUrl: required.DATABASE_URL,
      audience: 'headgate',
      tokenTtlSeconds: 900,
      logLevel: 'info',
      migrateOnStart: true,
      trustedOrigins: [],
      trustedProxies: [],
      signUp: 'open',
      demo: null,
      supervised: false,
    });
  });

  it('counts an empty variable as absent', () => {
    expect(readConfig({ ...required, IDENTITY_PORT: '', DEMO_EMAIL: '' })).toMatchObject({
      port: 8788,
      demo: null,
    });
  });

  it.each<[string, Record<string, string | undefined>]>([
    ['IDENTITY_SECRET', { IDENTITY_SECRET: undefined }],
    ['IDENTITY_SECRET', { IDENTITY_SECRET: 'tell-nobody' }],
    ['DATABASE_URL', { DATABASE_URL: undefined }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://u:tell-nobody@h/d' }],
    ['DATABASE_URL', { DATABASE_URL: 'tell-nobody' }],
    ['IDENTITY_PORT', { IDENTITY_PORT: '70000' }],
    ['IDENTITY_PORT', { IDENTITY_PORT: '0' }],
    ['IDENTITY_PORT', { IDENTITY_PORT: '80a' }],
    ['IDENTITY_URL', { IDENTITY_URL: 'http://id.example.com' }],
    ['IDENTITY_URL', { IDENTITY_URL: 'https://id.example.com/path' }],
    ['IDENTITY_URL', { IDENTITY_URL: 'https://u:tell-nobody@id.example.com' }],
    ['IDENTITY_URL', { IDENTITY_URL: 'ftp://localhost' }],
    ['IDENTITY_URL', { IDENTITY_URL: 'http://127.0.0.1.example.com' }],
    ['IDENTITY_URL', { HOST: '0.0.0.0' }],
    ['HOST', { HOST: 'a b' }],
    ['AUTH_AUDIENCE', { AUTH_AUDIENCE: 'a b' }],
    ['TOKEN_TTL_SECONDS', { TOKEN_TTL_SECONDS: '59' }],
    ['TOKEN_TTL_SECONDS', { TOKEN_TTL_SECONDS: '86401' }],
    ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
    ['MIGRATE_ON_START', { MIGRATE_ON_START: 'yes' }],
    ['IDENTITY_TRUSTED_ORIGINS', { IDENTITY_TRUSTED_ORIGINS: 'https://a.example,*' }],
    ['IDENTITY_TRUSTED_PROXIES', { IDENTITY_TRUSTED_PROXIES: '10.0.0.0/33' }],
    ['IDENTITY_SIGN_UP', { IDENTITY_SIGN_UP: 'maybe' }],
    ['DEMO_EMAIL', { DEMO_EMAIL: 'demo', DEMO_PASSWORD: 'long enough here' }],
    ['DEMO_PASSWORD', { DEMO_EMAIL: 'demo@example.com', DEMO_PASSWORD: 'short' }],
    ['DEMO_PASSWORD', { DEMO_EMAIL: 'demo@example.com' }],
    ['DEMO_EMAIL', { DEMO_PASSWORD: 'tell-nobody-this' }],
    ['HEADGATE_SUPERVISED', { HEADGATE_SUPERVISED: 'yes' }],
  ])('names %s and the remedy in one line, without the value: %j', (name, env) => {
    const problem = problemWith(env);
    expect(problem).toMatch(new RegExp(`^${name} `));
    expect(problem).toMatch(/must |set |is required/);
    expect(problem).not.toMatch(/\n|tell-nobody/);
  });

  it.each([
    'https://id.example.com',
    'http://localhost:1',
    'http://127.0.0.2:1',
    'http://[::1]:8788',
    'https://id.example.com/',
  ])('accepts %s as public origin and drops a final slash', (url) => {
    expect(readConfig({ ...required, IDENTITY_URL: url }).url).toBe(url.replace(/\/$/, ''));
  });

  it('reads lists', () => {
    const env = {
      IDENTITY_TRUSTED_ORIGINS: 'https://a.example, http://localhost:3000/',
      IDENTITY_TRUSTED_PROXIES: '10.0.0.1,fd00::/8',
    };
    expect(readConfig({ ...required, ...env })).toMatchObject({
      trustedOrigins: ['https://a.example', 'http://localhost:3000'],
      trustedProxies: ['10.0.0.1', 'fd00::/8'],
    });
  });
});
