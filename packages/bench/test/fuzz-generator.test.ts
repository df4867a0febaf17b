import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Case } from '../src/prove/fuzz/generate/case.ts';
import { createGenerator, kindsFor } from '../src/prove/fuzz/generate/generate.ts';
import { contract, someNames } from './fuzz-support.ts';

/** All requests of a first round. */
function roundOf(seed: number): Case[] {
  const generator = createGenerator(contract, seed);
  const names = someNames();
  const credential = ['Authorization', 'Bearer token'] as const;
  return Array.from({ length: generator.roundLength }, (_, number) =>
    generator.make(number, { names, credential }),
  ).filter((made) => made !== undefined);
}

const round = roundOf(1);

describe('the generator', () => {
  test('makes the same requests again for the same seed, and others for another', () => {
    const written = (cases: readonly Case[]) =>
      cases.map(({ kind, request: { method, target, headers, body = '' } }) =>
        [kind, method, target, JSON.stringify(headers), hash('sha256', body)].join(' '),
      );
    expect(written(roundOf(1))).toEqual(written(round));
    expect(written(roundOf(2))).not.toEqual(written(round));
  });

  test('has every operation in a round, with what it allows and with each kind of fault', () => {
    const kinds = new Set(contract.operations.flatMap(kindsFor));
    expect(new Set(round.map(({ kind }) => kind))).toEqual(kinds);
    expect(kinds.size).toBeGreaterThan(30);
    const valid = round.filter(({ kind }) => kind === 'valid').map(({ operation }) => operation?.id);
    expect(new Set(valid).size).toBe(contract.operations.length);
  });

  test('makes valid requests that the contract allows', () => {
    const wrong = round
      .filter(({ kind, body }) => kind === 'valid' && body !== undefined)
      .map(({ operation, body }) => operation?.body?.validate(body))
      .filter((found) => found !== undefined);
    expect(wrong).toEqual([]);
  });

  test('knows of most broken bodies which field is wrong, and has the contract say whether it is', () => {
    const broken = round.filter(({ kind }) => kind.startsWith('body: '));
    const refused = broken.filter(({ wanted }) => wanted.kind === 'refused');
    expect(broken.length).toBeGreaterThan(300);
    expect(refused.length).toBeGreaterThan(broken.length / 3);
    expect(refused.length).toBeLessThan(broken.length);
    for (const { wanted } of refused) if (wanted.kind === 'refused') expect(wanted.fields[0]).toBeTruthy();
  });

  test('breaks one thing at a time: a second one would take the blame', () => {
    const extra = round.filter(({ kind, wanted }) => kind === 'body: extra' && wanted.kind === 'refused');
    expect(extra.length).toBeGreaterThan(30);
    for (const { operation, body, wanted } of extra) {
      const field = wanted.kind === 'refused' ? (wanted.fields[0] ?? '') : '';
      if (field.includes('.') || field.includes('[') || !Object.hasOwn(body as object, field)) continue;
      const { [field]: _extra, ...others } = body as Record<string, unknown>;
      expect(operation?.body?.validate(others)).toBeUndefined();
    }
  });
});
