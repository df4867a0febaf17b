import { createDns } from '@headgate/core';
import type { CustomDomain, CustomDomainVerification } from '@headgate/schema';
import { customDomainInput, type DnsMood } from '@headgate/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { pathOf, useDomains } from './custom-domain-support.ts';
import { auditOf } from './support.ts';

const { api, owner, claim, verify, read, setRecords } = await useDomains();
let domain: CustomDomain;
beforeEach(async () => {
  api.dns.release();
  domain = await claim(owner, customDomainInput().domain);
});

describe('a domain whose records are right', () => {
  test('is verified, and says since when; the answer says what was expected and found', async () => {
    setRecords(domain);
    api.clock.advance(1_000);
    const { status, body } = await verify(domain);
    const now = api.clock.now().toISOString();
    const verified = { ...domain, verified: true, verified_at: now, updated_at: now };
    const { txt_host, txt_value, cname_host, cname_target } = domain.dns_instructions;
    expect(status).toBe(200);
    expect(body).toEqual({
      verified: true,
      domain: verified,
      checks: [
        { record: 'TXT', host: txt_host, expected: txt_value, found: [txt_value], ok: true },
        { record: 'CNAME', host: cname_host, expected: cname_target, found: [cname_target], ok: true },
      ],
    });
    const after = await read(domain);
    expect(after.body).toEqual(verified);
    expect(after.headers.get('etag')).toBe('"2"');
  });

  test('leaves an audit entry of what has changed', async () => {
    setRecords(domain);
    const { body } = await verify(domain);
    const [, entry, ...more] = await auditOf(api, domain.id);
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      ...{ action: 'customDomain.verify', actor_id: owner.userId },
      before: { verified: false, verified_at: null },
      after: { verified: true, verified_at: body.domain.verified_at },
    });
    expect(Object.keys(entry?.after ?? {})).toEqual(['verified', 'verified_at']);
  });

  test('is verified by the name that DNS knows, whatever letters either side uses', async () => {
    const shouting = await claim(owner, customDomainInput().domain.toUpperCase());
    const { txt_host, txt_value, cname_host, cname_target } = shouting.dns_instructions;
    api.dns.set('TXT', txt_host.toLowerCase(), txt_value);
    api.dns.set('CNAME', cname_host.toLowerCase(), `${cname_target.toUpperCase()}.`);
    expect((await verify(shouting)).body.verified).toBe(true);
  });

  test('is verified by a TXT value in pieces, among others of its name', async () => {
    setRecords(domain);
    const { txt_host, txt_value } = domain.dns_instructions;
    api.dns.set('TXT', txt_host, 'v=spf1 -all', [txt_value.slice(0, 5), txt_value.slice(5)]);
    const { body } = await verify(domain);
    expect(body.verified).toBe(true);
    expect(body.checks[0]?.found).toEqual([txt_value, 'v=spf1 -all']);
  });

  test('is verified when UDP does not hold its answer', async () => {
    setRecords(domain);
    api.dns.mood('truncated');
    expect((await verify(domain)).body.verified).toBe(true);
  });

  test('verified again keeps its date and its version, and leaves no trace', async () => {
    setRecords(domain);
    const first = (await verify(domain)).body;
    api.clock.advance(60_000);
    expect((await verify(domain)).body).toEqual(first);
    expect((await read(domain)).headers.get('etag')).toBe('"2"');
    expect(await auditOf(api, domain.id)).toHaveLength(2);
  });

  test('is verified once by twenty at once', async () => {
    setRecords(domain);
    const answers = await Promise.all(Array.from({ length: 20 }, async () => await verify(domain)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await auditOf(api, domain.id)).toHaveLength(2);
  });
});

describe('a domain whose records are not right is answered 200 and not verified, without a trace', () => {
  const unchanged = async (body: CustomDomainVerification) => {
    expect([body.verified, body.domain]).toEqual([false, domain]);
    expect((await read(domain)).body).toEqual(domain);
    expect(await auditOf(api, domain.id)).toHaveLength(1);
  };

  test('when there are none: both are named, with what each must be', async () => {
    const { status, body } = await verify(domain);
    expect(status).toBe(200);
    expect(body.checks.map(({ found, ok }) => [found, ok])).toEqual([
      [[], false],
      [[], false],
    ]);
    for (const told of Object.entries(domain.dns_instructions))
      if (!told[0].startsWith('acme')) expect(body.error).toContain(told[1]);
    expect(body.error).toContain('there is none');
    expect(body.error).toContain('verify again');
    await unchanged(body);
  });

  test.each<[what: string, set: (records: CustomDomain['dns_instructions']) => void, wrong: string]>([
    ['when TXT alone is missing', ({ txt_host }) => api.dns.set('TXT', txt_host), 'TXT'],
    ['when CNAME alone is missing', ({ cname_host }) => api.dns.set('CNAME', cname_host), 'CNAME'],
    [
      'when TXT has more around it',
      ({ txt_host, txt_value }) => api.dns.set('TXT', txt_host, ` ${txt_value}`),
      'TXT',
    ],
    [
      'when TXT is in other letters',
      ({ txt_host, txt_value }) => api.dns.set('TXT', txt_host, txt_value.toUpperCase()),
      'TXT',
    ],
    [
      'when TXT is the token of another',
      ({ txt_host }) => api.dns.set('TXT', txt_host, `headgate-verification=${'0'.repeat(40)}`),
      'TXT',
    ],
    [
      'when CNAME leads elsewhere',
      ({ cname_host }) => api.dns.set('CNAME', cname_host, 'elsewhere.example.net'),
      'CNAME',
    ],
    [
      'when CNAME leads to a name that ends like ours',
      ({ cname_host, cname_target }) => api.dns.set('CNAME', cname_host, `x.${cname_target}`),
      'CNAME',
    ],
  ])('%s', async (_what, set, wrong) => {
    setRecords(domain);
    set(domain.dns_instructions);
    const { body } = await verify(domain);
    expect(body.checks.filter(({ ok }) => !ok).map(({ record }) => record)).toEqual([wrong]);
    expect(body.error).toContain(`The ${wrong} record of `);
    await unchanged(body);
  });

  test('what is found is bounded, and does nothing to a terminal', async () => {
    const values = Array.from({ length: 30 }, (_, index) => `${index}\u001b[31m\r\n${'x'.repeat(600)}`);
    api.dns.set(
      'TXT',
      domain.dns_instructions.txt_host,
      ...values.map((value) => value.match(/.{1,200}/gs) ?? []),
    );
    const { body } = await verify(domain);
    const found = body.checks[0]?.found ?? [];
    expect(found).toHaveLength(10);
    for (const value of found) {
      expect(value).toHaveLength(255);
      expect(value).not.toMatch(/\p{Cc}/u);
    }
    expect(body.error?.length).toBeLessThan(1_000);
    await unchanged(body);
  });

  test('a name at which a zone begins is told that it cannot have a CNAME record', async () => {
    const apex = await claim(owner, `apex-${crypto.randomUUID()}.com`);
    expect((await verify(apex)).body.error).toContain('add a name under it');
  });
});

describe('when DNS does not answer, it is said so, and nothing changes', () => {
  test.each<DnsMood>(['servfail', 'refused'])('%s', async (mood) => {
    setRecords(domain);
    const before = (await verify(domain)).body.domain;
    api.dns.mood(mood);
    const { status, body } = await verify(domain);
    expect(status).toBe(200);
    expect(body.verified).toBe(false);
    expect(body.error).toMatch(/DNS did not answer.*Nothing has changed/);
    for (const check of body.checks)
      expect(check).toMatchObject({ found: [], ok: false, error: expect.any(String) as string });
    expect(body.domain).toEqual(before);
    expect((await read(domain)).body).toEqual(before);
    expect(await auditOf(api, domain.id)).toHaveLength(2);
  });

  test('at all, the caller has an answer in bounded time', async () => {
    api.dns.mood('silent');
    const hasty = await api.startAnother({ dns: createDns({ servers: [api.dns.address], timeoutMs: 200 }) });
    const path = `${pathOf(domain)}/verify`;
    const { status, body } = await hasty.send<CustomDomainVerification>('POST', path, { as: owner });
    await hasty.close();
    expect([status, body.verified]).toEqual([200, false]);
    expect(body.error).toContain('DNS did not answer in time');
  });
});
