import { describe, expect, test } from 'vitest';
import { userOf, resolvePointer } from '../src/auth/claims.ts';

const ORGANIZATIONS = [{ id: 'org_1', name: 'One', slug: 'one', role: 'owner' }];
const NOW = new Date('2026-11-21T08:30:00Z');
const actor = (orgs: unknown) => userOf({ sub: 'user_1', orgs }, '/orgs', NOW);

describe('AUTH_ORGS_CLAIM names the organizations by a JSON pointer (RFC 6901)', () => {
  test.each([
    ['/orgs', { orgs: ORGANIZATIONS }],
    ['/a/b/c', { a: { b: { c: ORGANIZATIONS } } }],
    ['/https:~1~1issuer.example~1claims~1orgs', { 'https://issuer.example/claims/orgs': ORGANIZATIONS }],
    ['/a~0b', { 'a~b': ORGANIZATIONS }],
    ['/~01', { '~1': ORGANIZATIONS }],
    ['/list/1', { list: [null, ORGANIZATIONS] }],
    ['/', { '': ORGANIZATIONS }],
    ['/a//b', { a: { '': { b: ORGANIZATIONS } } }],
    ['/sp ace', { 'sp ace': ORGANIZATIONS }],
  ])('%s', (pointer, claims) => {
    expect(resolvePointer(claims, pointer)).toBe(ORGANIZATIONS);
    expect(userOf({ sub: 'user_1', ...claims }, pointer, NOW)?.organizations).toEqual(ORGANIZATIONS);
  });

  test.each([
    '/missing',
    '/orgs/0/missing',
    '/orgs/5',
    '/sub/length',
    '/__proto__',
    '/constructor/name',
    '/orgs/length/x',
    '/toString',
  ])('%s names nothing, and no organizations are no error', (pointer) => {
    const payload = { sub: 'user_1', orgs: ORGANIZATIONS };
    expect(resolvePointer(payload, pointer)).toBeUndefined();
    const user = { kind: 'user', id: 'user_1', organizations: [], toldAt: NOW };
    expect(userOf(payload, pointer, NOW)).toEqual(user);
  });
});

describe('the organizations of a token', () => {
  test('that are well-formed make an actor of the subject', () => {
    const user = { kind: 'user', id: 'user_1', organizations: ORGANIZATIONS, toldAt: NOW };
    expect(actor(ORGANIZATIONS)).toEqual(user);
  });

  test('may be none, absent or null', () => {
    for (const none of [[], undefined, null]) expect(actor(none)?.organizations).toEqual([]);
  });

  test.each(['god', '', null, undefined, 1, ['owner'], 'Owner', 'toString'])(
    'with the role %j grant nothing, and harm no other',
    (role) => {
      const organizations = actor([{ id: 'org_2', role }, ...ORGANIZATIONS])?.organizations;
      expect(organizations).toEqual(ORGANIZATIONS);
    },
  );

  test('keep no fields that are not known', () => {
    expect(actor([{ ...ORGANIZATIONS[0], password: 'x', id: 'org_3' }])?.organizations).toEqual([
      { ...ORGANIZATIONS[0], id: 'org_3' },
    ]);
  });

  test.each([
    ['an object', { org_1: 'owner' }],
    ['text', 'org_1'],
    ['a list of text', ['org_1']],
    ['without an id', [{ role: 'owner' }]],
    ['with an empty id', [{ id: '', role: 'owner' }]],
    ['with a number for an id', [{ id: 5, role: 'owner' }]],
    ['with an id that is too long', [{ id: 'x'.repeat(256), role: 'owner' }]],
    ['with a NUL in an id', [{ id: 'a\u0000b', role: 'owner' }]],
    ['with an unpaired surrogate in an id', [{ id: 'a\ud800', role: 'owner' }]],
    ['with a line break in a name', [{ id: 'a', name: 'a\nb', role: 'owner' }]],
  ])('that are malformed (%s) make no actor at all', (_what, orgs) => {
    expect(actor(orgs)).toBeUndefined();
  });

  test.each([undefined, null, '', 5, 'x'.repeat(256), 'a\u0000', 'a\ud800'])(
    'of the subject %j make no actor',
    (sub) => {
      expect(userOf({ sub, orgs: ORGANIZATIONS } as never, '/orgs', NOW)).toBeUndefined();
    },
  );
});
