import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findCaller, networkOf, trustProxies } from '../src/http/caller-address.ts';
import { startTestApi, type TestApi } from './harness.ts';

const TRUSTED = trustProxies(['10.0.0.0/8', '192.0.2.1', '2001:db8:aa::/48']);

describe('without trusted proxies', () => {
  test.each(['203.0.113.9', '10.0.0.1, 203.0.113.9', '::1', ''])(
    'X-Forwarded-For: %s is not believed',
    (header) => {
      expect(findCaller('198.51.100.7', header, trustProxies([]))).toBe('198.51.100.7');
    },
  );
});

describe('with trusted proxies, the caller is', () => {
  test.each([
    ['the peer when it is none of them, whatever it says', '198.51.100.7', '203.0.113.9', '198.51.100.7'],
    ['the peer when it says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['whom the proxy has named', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['the right-most that is no proxy', '10.0.0.1', '1.2.3.4, 203.0.113.9, 10.2.2.2', '203.0.113.9'],
    ['the left-most when all are proxies', '10.0.0.1', '10.3.3.3, 10.2.2.2', '10.3.3.3'],
    ['found behind a single trusted address', '192.0.2.1', '203.0.113.9', '203.0.113.9'],
    ['not found behind the address beside it', '192.0.2.2', '203.0.113.9', '192.0.2.2'],
    ['found behind a proxy with IPv6', '2001:db8:aa::5', '2001:db8:bb::1', '2001:db8:bb::1'],
    ['found behind IPv4 that a socket tells as IPv6', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['IPv4 where a proxy names it as IPv6', '10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['named with a port', '10.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    ['named with brackets and port', '10.0.0.1', '[2001:db8::9]:4711', '2001:db8::9'],
    ['named with blanks around it', '10.0.0.1', ' 203.0.113.9\t', '203.0.113.9'],
    ['without a zone', 'fe80::1%eth0', undefined, 'fe80::1'],
    ['the proxy when it names nobody', '10.0.0.1', '', '10.0.0.1'],
    ['the proxy when it names what is no address', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['the last that was readable', '10.0.0.1', '203.0.113.9, nonsense, 10.2.2.2', '10.2.2.2'],
    ['not what stands left of an empty entry', '10.0.0.1', '203.0.113.9,,10.2.2.2', '10.2.2.2'],
    ['not what an obfuscated entry hides', '10.0.0.1', '203.0.113.9, _hidden', '10.0.0.1'],
    ['not what has an octet too many', '10.0.0.1', '203.0.113.9.1', '10.0.0.1'],
    ['not what has a leading zero', '10.0.0.1', '203.0.113.09', '10.0.0.1'],
  ])('%s', (_what, peer, header, caller) => {
    expect(findCaller(peer, header, TRUSTED)).toBe(caller);
  });

  test('unknown when the connection is gone', () => {
    expect(findCaller(undefined, '203.0.113.9', TRUSTED)).toBeUndefined();
  });

  test('never one that stands left of an address that is no proxy, and found whatever the header holds', () => {
    const entry = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.constant('10.1.1.1'));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
        const spoofed = entries.join(',');
        expect(findCaller('10.0.0.1', `${spoofed},203.0.113.9`, TRUSTED)).toBe('203.0.113.9');
        expect(findCaller('10.0.0.1', spoofed, TRUSTED)).toBeTypeOf('string');
      }),
    );
  });
});

describe('counted together are', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.33', '1:2:3:4::/64'],
  ])('%s with all of %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  test('all spellings of the addresses of one /64, and no address of another', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
    const spell = (of: readonly number[]) => of.map((group) => group.toString(16)).join(':');
    fc.assert(
      fc.property(groups, groups, (one, other) => {
        const sibling = [...one.slice(0, 4), ...other.slice(4)];
        const canonical = new URL(`http://[${spell(one)}]`).hostname.slice(1, -1);
        expect(networkOf(canonical)).toBe(networkOf(spell(one)));
        expect(networkOf(spell(sibling))).toBe(networkOf(spell(one)));
        const isSame = spell(one.slice(0, 4)) === spell(other.slice(0, 4));
        expect(networkOf(spell(other)) === networkOf(spell(one))).toBe(isSame);
      }),
    );
  });
});

describe('over HTTP', () => {
  let believing: TestApi;
  let plain: TestApi;
  beforeAll(async () => {
    [believing, plain] = await Promise.all([
      startTestApi({ trustedProxies: trustProxies(['127.0.0.0/8']) }),
      startTestApi(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([believing.close(), plain.close()]);
  });

  async function addressesOf(api: TestApi, forwardedFor: string) {
    const { owner, orgId } = await api.createOrganization();
    const body = { name: 'shop', org_id: orgId };
    const headers = { 'X-Forwarded-For': forwardedFor, 'X-Request-Id': crypto.randomUUID() };
    const answer = await api.send('POST', '/v1/projects', { as: owner, body, headers });
    expect(answer.status, answer.text).toBe(201);
    const [entry] = await api.store.read([orgId], {
      compile: () => ({ sql: 'select address from audit_entries', parameters: [] }) as never,
    });
    const line = api
      .logs()
      .split('\n')
      .find((text) => text.includes(headers['X-Request-Id']) && text.includes('"request"'));
    return [(entry as { address?: string }).address, JSON.parse(line ?? '{}').address];
  }

  test('the log and the audit trail name whom a trusted proxy has named', async () => {
    expect(await addressesOf(believing, '1.2.3.4, 203.0.113.9')).toEqual(['203.0.113.9', '203.0.113.9']);
  });

  test('they name the peer when it is not trusted', async () => {
    expect(await addressesOf(plain, '1.2.3.4, 203.0.113.9')).toEqual(['127.0.0.1', '127.0.0.1']);
  });
});
