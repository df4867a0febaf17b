import type { Dns } from '@headgate/core';
import type { CustomDomain } from '@headgate/schema';
import { customDomainInput } from '@headgate/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { pathOf, useDomains } from './custom-domain-support.ts';
import { auditOf, expectRefusal, rows } from './support.ts';

const { api, owner, claim, verify, read, setRecords } = await useDomains();
let domain: CustomDomain;
beforeEach(async () => {
  api.dns.release();
  domain = await claim(owner, customDomainInput().domain);
});

describe('a verified domain whose records are gone', () => {
  test.each<[what: string, remove: () => void]>([
    ['TXT', () => api.dns.set('TXT', domain.dns_instructions.txt_host)],
    ['CNAME', () => api.dns.set('CNAME', domain.dns_instructions.cname_host, 'elsewhere.example.net')],
    ['everything', () => api.dns.mood('nxdomain')],
  ])('is not verified any more when it is asked for again: %s', async (_what, remove) => {
    setRecords(domain);
    const verified = (await verify(domain)).body.domain;
    remove();
    const { status, body } = await verify(domain);
    expect(status).toBe(200);
    expect([body.verified, body.domain.verified, body.domain.verified_at]).toEqual([false, false, null]);
    expect(body.error).toContain('The domain is not verified any more.');
    expect((await read(domain)).body).toEqual(body.domain);
    const [, , entry] = await auditOf(api, domain.id);
    expect(entry).toMatchObject({
      action: 'customDomain.verify',
      before: { verified: true, verified_at: verified.verified_at },
      after: { verified: false, verified_at: null },
    });
  });

  test('is free for its next owner then', async () => {
    setRecords(domain);
    await verify(domain);
    const { owner: next } = await api.createOrganization();
    const theirs = await claim(next, domain.domain);
    setRecords(theirs);
    expectRefusal(await verify(theirs, next), { code: 'CONFLICT' });
    expect((await verify(domain)).body.verified).toBe(false);
    expect((await verify(theirs, next)).body.verified).toBe(true);
  });
});

describe('a name is verified in one project at most', () => {
  test('a second one is a 409 that helps, once DNS has proved its claim, and is told nothing before', async () => {
    setRecords(domain);
    await verify(domain);
    const { owner: stranger } = await api.createOrganization();
    const theirs = await claim(stranger, domain.domain.toUpperCase());
    const early = await verify(theirs, stranger);
    expect([early.status, early.body.verified]).toEqual([200, false]);
    expect(early.text).not.toContain('another project');
    setRecords(theirs);
    const error = expectRefusal(await verify(theirs, stranger), { code: 'CONFLICT' });
    expect(error.message).toContain('verified in another project');
    expect(JSON.stringify(error)).not.toContain(domain.project_id);
    expect((await read(theirs, stranger)).body).toEqual(theirs);
    expect(await auditOf(api, theirs.id)).toHaveLength(1);
  });

  test('also of one organization', async () => {
    setRecords(domain);
    await verify(domain);
    const second = await claim(owner, domain.domain);
    setRecords(second);
    expectRefusal(await verify(second), { code: 'CONFLICT' });
  });

  test('of ten that prove it in the same moment one wins, and the others hear of it', async () => {
    const { owner: stranger } = await api.createOrganization();
    const name = customDomainInput().domain;
    const claims = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const as = index % 2 === 0 ? owner : stranger;
        return { as, of: await claim(as, name) };
      }),
    );
    const told = claims.map(({ of }) => of.dns_instructions);
    // DNS has one CNAME record for a name at a time: this is one that is changed between every two questions.
    let asked = 0;
    const gate = Promise.withResolvers<undefined>();
    const changing: Dns = {
      ask: async () => {
        asked += 1;
        await gate.promise;
        return [
          { values: told.map(({ txt_value }) => txt_value) },
          { values: told.map(({ cname_target }) => cname_target) },
        ];
      },
    };
    const other = await api.startAnother({ dns: changing });
    const verifying = claims.map(
      async ({ of, as }) => await other.send('POST', `${pathOf(of)}/verify`, { as }),
    );
    await expect.poll(() => asked).toBe(10);
    gate.resolve(undefined);
    const answers = await Promise.all(verifying);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array<number>(9).fill(409),
    ]);
    for (const answer of answers.filter(({ status }) => status === 409))
      expectRefusal(answer, { code: 'CONFLICT' });
    await other.close();
    const held = await rows(
      api,
      'select id from custom_domains where name = $1 and verified_at is not null',
      [name],
    );
    expect(held).toHaveLength(1);
  });

  test('it is free at once when it is deleted, and comes back unverified', async () => {
    setRecords(domain);
    await verify(domain);
    const second = await claim(owner, domain.domain);
    await api.send('DELETE', pathOf(domain), { as: owner });
    setRecords(second);
    expect((await verify(second)).body.verified).toBe(true);
    const { body } = await api.send<CustomDomain>('POST', `${pathOf(domain)}/restore`, { as: owner });
    expect([body.verified, body.verified_at]).toEqual([false, null]);
    setRecords(domain);
    expectRefusal(await verify(domain), { code: 'CONFLICT' });
  });
});

describe('while DNS is asked nothing is held', () => {
  beforeEach(() => {
    setRecords(domain);
    api.dns.asked.length = 0;
    api.dns.mood('held');
  });
  const asking = async () => await expect.poll(() => api.dns.asked.length).toBeGreaterThanOrEqual(2);

  test('no transaction is open', async () => {
    const verifying = verify(domain);
    await asking();
    const open = await rows(
      api,
      `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null`,
    );
    expect(open).toEqual([]);
    api.dns.release();
    expect((await verifying).body.verified).toBe(true);
  });

  test('a domain that is deleted meanwhile is not verified', async () => {
    const verifying = verify(domain);
    await asking();
    expect((await api.send('DELETE', pathOf(domain), { as: owner })).status).toBe(204);
    api.dns.release();
    expectRefusal(await verifying, { code: 'NOT_FOUND' });
    expect(
      await rows(api, 'select id from custom_domains where id = $1 and verified_at is null', [domain.id]),
    ).toHaveLength(1);
  });

  test('nor is one whose project is', async () => {
    const verifying = verify(domain);
    await asking();
    expect((await api.send('DELETE', `/v1/projects/${domain.project_id}`, { as: owner })).status).toBe(204);
    api.dns.release();
    expectRefusal(await verifying, { code: 'NOT_FOUND' });
  });
});

describe('an idempotency key', () => {
  test('gets its first answer again, whatever DNS says by now; a new one asks anew', async () => {
    const key = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await verify(domain, owner, key);
    expect(first.body.verified).toBe(false);
    setRecords(domain);
    const again = await verify(domain, owner, key);
    expect([again.text, again.headers.get('idempotency-replayed')]).toEqual([first.text, 'true']);
    expect((await read(domain)).body.verified).toBe(false);
    expect((await verify(domain, owner, { 'Idempotency-Key': crypto.randomUUID() })).body.verified).toBe(
      true,
    );
  });

  test('gets it also when the domain is gone', async () => {
    setRecords(domain);
    const key = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await verify(domain, owner, key);
    await api.send('DELETE', pathOf(domain), { as: owner });
    expect((await verify(domain, owner, key)).text).toBe(first.text);
  });

  test('that came ten times at once verifies once', async () => {
    setRecords(domain);
    const key = { 'Idempotency-Key': crypto.randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => await verify(domain, owner, key)),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await auditOf(api, domain.id)).toHaveLength(2);
  });
});

test('neither a body nor a Content-Type is needed, and nobody is asked about a domain that the caller may not verify', async () => {
  const { owner: stranger, viewer } = await api.createOrganization();
  api.dns.asked.length = 0;
  expectRefusal(await verify(domain, stranger), { code: 'NOT_FOUND' });
  const own = await claim(stranger, customDomainInput().domain);
  expectRefusal(await verify(own, viewer), { code: 'FORBIDDEN' });
  expect(api.dns.asked).toEqual([]);
  const response = await fetch(`${api.url}${pathOf(domain)}/verify`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${owner.token}` },
  });
  expect(response.status).toBe(200);
});
