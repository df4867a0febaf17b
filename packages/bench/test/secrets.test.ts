import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formsOf } from '@headgate/testing/secret-forms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEvidence, type Evidence } from '../src/prove/evidence.ts';
import type { Held } from '../src/prove/promises.ts';
import { searchPath } from '../src/prove/secrets/files.ts';
import { needlesFor } from '../src/prove/secrets/needles.ts';
import { createSearch, type Search } from '../src/prove/secrets/search.ts';
import { secrets } from '../src/prove/secrets/secrets.ts';
import { missedBy } from '../src/prove/secrets/self-check.ts';

const API_KEY = `hgo_${randomBytes(36).toString('hex')}`;
const VAULT_KEY = randomBytes(32);

let evidence: Evidence;
let search: Search;

beforeAll(async () => {
  evidence = await createEvidence();
  evidence.know(API_KEY);
  evidence.know(VAULT_KEY);
  search = createSearch(needlesFor(evidence));
});
afterAll(async () => await evidence.remove());

/** Noise with a text in the middle, as one chunk or as many. */
function* planted(secret: Uint8Array, chunkBytes: number): Generator<Buffer> {
  const all = Buffer.concat([randomBytes(1000), secret, randomBytes(1000)]);
  for (let at = 0; at < all.length; at += chunkBytes) yield all.subarray(at, at + chunkBytes);
}

describe('the search', () => {
  const secretsToFind = (): [string, string | Uint8Array][] => [
    ['a marked password', evidence.secret()],
    ['an API key', API_KEY],
    ['a vault key', VAULT_KEY],
  ];

  test.each([1, 7, 64, 4096])(
    'finds every secret in every form, in chunks of %i bytes',
    async (chunkBytes) => {
      for (const [name, secret] of secretsToFind()) {
        for (const form of formsOf(secret)) {
          const { findings, bytes } = await search(planted(form.bytes, chunkBytes));
          expect(findings.length, `${name}, ${form.name}`).toBeGreaterThan(0);
          expect(bytes).toBe(2000 + form.bytes.length);
        }
      }
    },
  );

  test('finds an API key that nobody told it of, and no hint of one', async () => {
    const unknown = `hgp_${randomBytes(36).toString('hex')}`;
    expect((await search([Buffer.from(`a key ${unknown}`)])).findings).toHaveLength(1);
    expect((await search([Buffer.from(`a hint ${unknown.slice(0, 12)}deployed`)])).findings).toEqual([]);
  });

  test('finds a key that was cut', async () => {
    const { findings } = await search([Buffer.from(API_KEY.slice(0, 40))]);
    expect(findings.map(({ offset }) => offset)).toContain(0);
  });

  test('finds a token of whomever', async () => {
    const token = `${Buffer.from('{"alg":"ES256","kid":"k"}').toString('base64url')}.e30.c2ln`;
    expect((await search([Buffer.from(`authorization: Bearer ${token}`)])).findings).toHaveLength(1);
  });

  test('finds nothing where nothing is', async () => {
    expect(await search([randomBytes(100_000)])).toEqual({ bytes: 100_000, findings: [] });
  });

  test('looks into every file of a folder', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'headgate-test-'));
    try {
      await mkdir(join(dir, 'base', '5'), { recursive: true });
      await writeFile(join(dir, 'base', '5', '16384'), evidence.secret());
      await writeFile(join(dir, 'PG_VERSION'), '18');
      const { findings, bytes } = await searchPath(search, dir);
      expect(bytes).toBeGreaterThan(2);
      expect(findings.map(({ name }) => name)).toEqual([expect.stringContaining('16384')]);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});

test('the self-check notices a search that finds less than it should', async () => {
  const needles = needlesFor(evidence);
  const half = createSearch(needles.slice(0, needles.length / 2));
  expect(await missedBy(search, needles)).toEqual([]);
  expect((await missedBy(half, needles)).length).toBeGreaterThan(0);
});

describe('the part of the proof', () => {
  async function verdictOn(leave: (evidence: Evidence) => void): Promise<readonly Held[]> {
    const own = await createEvidence({ maxFileBytes: 1000 });
    const held: Held[] = [];
    try {
      for (const kind of ['log', 'dump', 'data', 'metrics', 'trace', 'refusal'] as const)
        own.add(kind, 'harmless', 'harmless\n');
      leave(own);
      await secrets.prove({
        ...{ budgetMs: 1000, isShort: true, seed: 1, evidence: own },
        ...{ hold: (one) => held.push(one), say: () => {} },
        startStand: async () => await Promise.reject(new Error('no stand is needed')),
      });
    } finally {
      await own.remove();
    }
    return held;
  }
  const broken = (held: readonly Held[]) =>
    held.filter(({ isKept }) => !isKept).map(({ promise }) => promise.replace(/.* in /, ''));

  test('is kept where nothing was left behind', async () => {
    expect(broken(await verdictOn(() => {}))).toEqual([]);
  });

  test.each(['log', 'dump', 'data', 'metrics', 'trace', 'refusal'] as const)(
    'is broken by a secret in a %s',
    async (kind) => {
      const held = await verdictOn((own) => own.add(kind, 'harmless', `a line with ${own.secret()}\n`));
      expect(broken(held)).toHaveLength(1);
    },
  );

  test('tells how much was not kept, and so not searched', async () => {
    const held = await verdictOn((own) => own.add('log', 'long', 'x'.repeat(2_000_000)));
    expect(held.map(({ measured }) => measured).join()).toContain('1.9 MiB were not kept');
  });

  test('is broken where there was nothing to search', async () => {
    const own = await createEvidence();
    const held: Held[] = [];
    await secrets.prove({
      ...{ budgetMs: 1000, isShort: true, seed: 1, evidence: own },
      ...{ hold: (one) => held.push(one), say: () => {} },
      startStand: async () => await Promise.reject(new Error('no stand is needed')),
    });
    await own.remove();
    expect(broken(held)).toHaveLength(6);
  });
});
