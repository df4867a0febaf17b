import fc from 'fast-check';
import { FlattenedEncrypt } from 'jose';
import { describe, expect, test } from 'vitest';
import { createVault, generateVaultKeys, parseVaultKeys } from '../src/index.ts';

const newKeys = () => parseVaultKeys(generateVaultKeys(new Date('2026-11-21T00:00:00Z')));
const OWNER = 'org_1/db_1/password';

describe('sealing', () => {
  test('any text that was sealed opens again for its owner, and only for its owner', async () => {
    const vault = await createVault(newKeys());
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        fc.string({ minLength: 1 }),
        fc.string({ minLength: 1 }),
        async (text, owner, other) => {
          fc.pre(owner !== other);
          const { jwe } = await vault.seal(text, owner);
          expect(await vault.open(jwe, owner)).toBe(text);
          await expect(vault.open(jwe, other)).rejects.toMatchObject({ code: 'VAULT_OPEN_FAILED' });
        },
      ),
      {
        numRuns: 50,
        examples: [
          ['\ufeff', OWNER, 'another'],
          ['\ufeffpassword', OWNER, 'another'],
        ],
      },
    );
  });

  test('a sealed text holds neither the plain text nor its owner, and is never the same twice', async () => {
    const vault = await createVault(newKeys());
    const [one, two] = await Promise.all([
      vault.seal('pa$$word-7f3', OWNER),
      vault.seal('pa$$word-7f3', OWNER),
    ]);
    expect(one.jwe).not.toBe(two.jwe);
    for (const plain of ['pa$$word-7f3', OWNER]) {
      expect(one.jwe).not.toContain(plain);
      expect(one.jwe).not.toContain(Buffer.from(plain).toString('base64url'));
    }
  });

  test('it is a JWE of A256GCMKW and A256GCM that names its key', async () => {
    const [key] = newKeys();
    const { jwe, keyId } = await (await createVault([key!])).seal('secret', OWNER);
    const { protected: header } = JSON.parse(jwe) as { protected: string };
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({
      alg: 'A256GCMKW',
      enc: 'A256GCM',
      kid: key!.kid,
    });
    expect(keyId).toBe(key!.kid);
  });

  test('what the library sealed opens, as earlier releases have stored it', async () => {
    const [key] = newKeys();
    const { aad: _owner, ...jwe } = await new FlattenedEncrypt(Buffer.from('pa$$word'))
      .setProtectedHeader({ alg: 'A256GCMKW', enc: 'A256GCM', kid: key!.kid })
      .setAdditionalAuthenticatedData(Buffer.from(OWNER))
      .encrypt(key!.bytes);
    expect(await (await createVault([key!])).open(JSON.stringify(jwe), OWNER)).toBe('pa$$word');
  });

  test('no two texts share a key or an initialization vector', async () => {
    const vault = await createVault(newKeys());
    const sealed = await Promise.all(Array.from({ length: 100 }, () => vault.seal('secret', OWNER)));
    const parts = sealed.map(({ jwe }) => JSON.parse(jwe) as Record<'iv' | 'protected', string>);
    const headers = parts.map(
      (part) => JSON.parse(Buffer.from(part.protected, 'base64url').toString()) as { iv: string },
    );
    const vectors = [...parts, ...headers].map(({ iv }) => iv);
    expect(new Set(vectors).size).toBe(vectors.length);
    for (const iv of vectors) expect(Buffer.from(iv, 'base64url')).toHaveLength(12);
  });

  test.each(['ciphertext', 'tag', 'iv', 'encrypted_key', 'protected'])(
    'an altered %s does not open',
    async (part) => {
      const vault = await createVault(newKeys());
      const { jwe } = await vault.seal('secret', OWNER);
      const parts = JSON.parse(jwe) as Record<string, string>;
      const original = parts[part]!;
      parts[part] = (original.startsWith('A') ? 'B' : 'A') + original.slice(1);
      await expect(vault.open(JSON.stringify(parts), OWNER)).rejects.toMatchObject({ name: 'VaultError' });
    },
  );

  test.each(['', 'null', '{}', 'pa$$word in clear'])(
    'what is no JWE (%j) fails without being quoted',
    async (text) => {
      const vault = await createVault(newKeys());
      const error: unknown = await vault.open(text, OWNER).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'VAULT_OPEN_FAILED' });
      expect(String((error as Error).stack)).not.toContain('in clear');
    },
  );

  test('an algorithm other than ours is refused even under the right key', async () => {
    const vault = await createVault(newKeys());
    const { jwe } = await vault.seal('secret', OWNER);
    const parts = JSON.parse(jwe) as Record<string, string>;
    parts['protected'] = Buffer.from(
      JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: vault.sealingKeyId }),
    ).toString('base64url');
    await expect(vault.open(JSON.stringify(parts), OWNER)).rejects.toMatchObject({
      code: 'VAULT_OPEN_FAILED',
    });
  });
});

describe('several keys', () => {
  test('the first seals and all open', async () => {
    const [old] = newKeys();
    const [young] = newKeys();
    const before = await (await createVault([old!])).seal('secret', OWNER);
    const vault = await createVault([young!, old!]);
    expect((await vault.seal('secret', OWNER)).keyId).toBe(young!.kid);
    expect(await vault.open(before.jwe, OWNER)).toBe('secret');
  });

  test('a secret whose key was taken away says which key is missing', async () => {
    const [old] = newKeys();
    const { jwe } = await (await createVault([old!])).seal('secret', OWNER);
    const vault = await createVault(newKeys());
    await expect(vault.open(jwe, OWNER)).rejects.toMatchObject({
      code: 'VAULT_KEY_UNKNOWN',
      message: expect.stringContaining(old!.kid),
    });
  });
});

describe('fingerprints', () => {
  test('a fingerprint matches its own text only, and still does after another key has come first', async () => {
    const [old] = newKeys();
    const fingerprint = (await createVault([old!])).fingerprint('{"password":"x"}');
    const vault = await createVault([...newKeys(), old!]);
    expect(vault.matches(fingerprint, '{"password":"x"}')).toBe(true);
    expect(vault.matches(fingerprint, '{"password":"y"}')).toBe(false);
  });

  test('what only looks as long as one matches nothing, and harms nothing', async () => {
    const vault = await createVault(newKeys());
    const [kid = '', mac = ''] = vault.fingerprint('text').split(':');
    for (const forged of [`ü${mac.slice(1)}`, `${mac.slice(1)}ü`, '', 'ü'.repeat(mac.length)])
      expect(vault.matches(`${kid}:${forged}`, 'text')).toBe(false);
  });

  test('one whose key is gone is told from one that was forged', async () => {
    const [old] = newKeys();
    const fingerprint = (await createVault([old!])).fingerprint('text');
    expect((await createVault([...newKeys(), old!])).isKnown(fingerprint)).toBe(true);
    const without = await createVault(newKeys());
    for (const unknown of [fingerprint, '', ':', 'no fingerprint'])
      expect(without.isKnown(unknown)).toBe(false);
  });

  test('a signature holds for its own text only, under any key of the vault, and does not name its key', async () => {
    const [old] = newKeys();
    const signature = (await createVault([old!])).sign('text');
    const vault = await createVault([...newKeys(), old!]);
    expect(vault.isSigned(signature, 'text')).toBe(true);
    expect(vault.isSigned(signature, 'another')).toBe(false);
    expect((await createVault(newKeys())).isSigned(signature, 'text')).toBe(false);
    expect(signature).not.toContain(old!.kid);
  });

  test('without the key it matches nothing', async () => {
    const fingerprint = (await createVault(newKeys())).fingerprint('text');
    expect((await createVault(newKeys())).matches(fingerprint, 'text')).toBe(false);
  });
});

describe('keys', () => {
  const k = Buffer.alloc(32, 7).toString('base64url');
  test.each([
    ['not JSON', 'is not JSON'],
    ['[]', 'has no list "keys"'],
    ['{"keys":[]}', 'holds no key'],
    [JSON.stringify({ keys: [{ kty: 'RSA', kid: 'a', k }] }), 'keys[0].kty'],
    [JSON.stringify({ keys: [{ kty: 'oct', k }] }), 'keys[0].kid'],
    [JSON.stringify({ keys: [{ kty: 'oct', kid: 'a', k: k.slice(2) }] }), 'keys[0].k must be 32 bytes'],
    [
      JSON.stringify({
        keys: [
          { kty: 'oct', kid: 'a', k },
          { kty: 'oct', kid: 'a', k },
        ],
      }),
      'two keys of one kid',
    ],
    [
      JSON.stringify({ keys: Array.from({ length: 17 }, (_, i) => ({ kty: 'oct', kid: `k${i}`, k })) }),
      'at most 16',
    ],
  ])('a wrong set is refused with what is wrong, and never quoted: %s', (text, message) => {
    const read = () => parseVaultKeys(text);
    expect(read).toThrow(expect.objectContaining({ code: 'VAULT_KEYS_INVALID' }));
    expect(read).toThrow(message);
    try {
      read();
    } catch (error) {
      expect(String(error)).not.toContain(k.slice(2));
    }
  });
});
