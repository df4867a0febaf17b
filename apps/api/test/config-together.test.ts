import { generateVaultKeys } from '@headgate/core';
import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../src/config/index.ts';

const KEYS = generateVaultKeys(new Date());
const DATABASE_URL = 'postgresql://headgate:s3cret@db.internal:5432/headgate';
const AUTH = {
  AUTH_ISSUER: 'https://issuer.example.com',
  AUTH_AUDIENCE: 'headgate',
  AUTH_JWKS_URL: 'https://issuer.example.com/jwks',
};

const read = (env: Record<string, string>) => readConfig(env, '/default/.headgate');

function refusalOf(env: Record<string, string>): ConfigError {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  return expect.fail('it was accepted');
}

describe('AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL', () => {
  test('are all absent, or all there', () => {
    expect(read({}).auth).toBeUndefined();
    expect(read(AUTH).auth).toEqual({
      issuer: AUTH.AUTH_ISSUER,
      audience: 'headgate',
      jwksUrl: AUTH.AUTH_JWKS_URL,
    });
  });

  test.each(Object.keys(AUTH))('without %s are refused with its name', (name) => {
    const { message } = refusalOf({ ...AUTH, [name]: '' });
    expect(message).toMatch(
      new RegExp(`^${name}: set AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL together, or none`),
    );
  });

  test.each(Object.keys(AUTH))('are refused when only %s is there', (name) => {
    expect(refusalOf({ [name]: AUTH[name as keyof typeof AUTH] }).message).toMatch(
      /^AUTH_[A-Z_]+: set AUTH_ISSUER/,
    );
  });

  test.each(['AUTH_ISSUER', 'AUTH_JWKS_URL'])('%s must be https, loopback excepted', (name) => {
    for (const url of [
      'http://localhost:8788',
      'http://127.0.0.1:1/jwks',
      'http://127.9.9.9',
      'http://[::1]:8788',
      'https://a.example',
    ]) {
      expect(() => read({ ...AUTH, [name]: url }), url).not.toThrow();
    }
    for (const url of [
      'http://issuer.example.com',
      'http://127.0.0.1.example.com',
      'http://localhost.example.com',
      'http://user@evil.example',
      'http://169.254.169.254/jwks',
      'http://10.0.0.1',
      'ftp://localhost',
      'file:///etc/passwd',
      'issuer.example.com',
    ]) {
      const { message } = refusalOf({ ...AUTH, [name]: url });
      expect(message).toMatch(new RegExp(`^${name}: give an https URL`));
      expect(message).not.toContain(url);
    }
  });
});

describe('rows that go together', () => {
  test('a given database needs given vault keys: those in the data folder could be gone tomorrow', () => {
    expect(refusalOf({ DATABASE_URL }).message).toMatch(/^VAULT_KEYS: .*needed with DATABASE_URL$/);
    expect(read({ DATABASE_URL, VAULT_KEYS: KEYS })).toMatchObject({
      databaseUrl: DATABASE_URL,
      auth: undefined,
    });
  });

  test('an external issuer works with the embedded database, and the other way round', () => {
    expect(read(AUTH)).toMatchObject({ databaseUrl: undefined, auth: { audience: 'headgate' } });
    expect(read({ DATABASE_URL, VAULT_KEYS: KEYS })).toMatchObject({
      databaseUrl: DATABASE_URL,
      auth: undefined,
    });
  });

  test('a variable that is not ours is nobody’s business', () => {
    expect(read({ PATH: '/bin', HEADGATE: 'x' })).toEqual(read({}));
  });
});

describe('UPSTREAM_ALLOWED_CIDRS and DATABASE_URL', () => {
  const given = { DATABASE_URL, VAULT_KEYS: KEYS };

  test('a service with a database of its own dials public addresses only, until it is told otherwise', () => {
    expect(read(given).upstreamAllowedCidrs).toEqual([]);
    expect(read({ ...given, UPSTREAM_ALLOWED_CIDRS: '' }).upstreamAllowedCidrs).toEqual([]);
    expect(read({ ...given, UPSTREAM_ALLOWED_CIDRS: '10.0.0.0/8' }).upstreamAllowedCidrs).toEqual([
      '10.0.0.0/8',
    ]);
  });

  test('what is given takes the place of loopback in the embedded mode', () => {
    expect(read({ UPSTREAM_ALLOWED_CIDRS: '10.0.0.0/8' }).upstreamAllowedCidrs).toEqual(['10.0.0.0/8']);
  });
});
