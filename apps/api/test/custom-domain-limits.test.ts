import {
  DEFAULT_LIMITS,
  type CustomDomain,
  type CustomDomainList,
  type CustomDomainVerification,
} from '@headgate/schema';
import { customDomainInput, type TestActor } from '@headgate/testing';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { auditOf, expectRefusal, rows, useApi } from './support.ts';

const LIMIT = 3;
const { api: first } = await useApi();
const api = await first.startAnother({
  settings: { ...first.settings, limits: { ...DEFAULT_LIMITS, custom_domains: LIMIT } },
});
afterAll(async () => await api.close());

let owner: TestActor;
let projectId: string;
beforeEach(async () => {
  ({ owner } = await api.createOrganization());
  ({ id: projectId } = await api.createProject(owner));
});

const pathOf = ({ id, project_id }: CustomDomain) => `/v1/projects/${project_id}/domains/${id}`;
const create = async (inProject = projectId) =>
  await api.send<CustomDomain>('POST', `/v1/projects/${inProject}/domains`, {
    as: owner,
    body: customDomainInput(),
  });
const send = async <B = unknown>(method: string, path: string) =>
  await api.send<B>(method, path, { as: owner });
const living = async () =>
  (await rows(api, 'select id from custom_domains where org_id = $1 and deleted_at is null', [owner.orgId]))
    .length;

describe('the limit of custom domains is that of the organization', () => {
  test('over all of its projects, named in the refusal, and free again when one is deleted', async () => {
    const { id: other } = await api.createProject(owner);
    const { body } = await create();
    await create(other);
    await create(other);
    const error = expectRefusal(await create(), { code: 'LIMIT_EXCEEDED' });
    expect(error.message).toContain('custom_domains is 3');
    await send('DELETE', pathOf(body));
    expect((await create()).status).toBe(201);
    expect(await living()).toBe(LIMIT);
  });

  test('is not passed by twenty at once in several projects', async () => {
    const projects = [projectId, (await api.createProject(owner)).id, (await api.createProject(owner)).id];
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => await create(projects[index % 3])),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(LIMIT);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(20 - LIMIT);
    expect(await living()).toBe(LIMIT);
  });

  test('is not passed by restoring, nor by restoring and creating at once', async () => {
    const { body: gone } = await create();
    await send('DELETE', pathOf(gone));
    await create();
    await create();
    const answers = await Promise.all([
      send('POST', `${pathOf(gone)}/restore`),
      ...Array.from({ length: 5 }, async () => await create()),
    ]);
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    expect(await living()).toBe(LIMIT);
    if (answers[0].status !== 200)
      expectRefusal(await send('POST', `${pathOf(gone)}/restore`), { code: 'LIMIT_EXCEEDED' });
  });

  test('is not passed by restoring a project with its domains', async () => {
    const { id: other } = await api.createProject(owner);
    await create(other);
    await create(other);
    await send('DELETE', `/v1/projects/${other}`);
    await create();
    const { body: surplus } = await create();
    const error = expectRefusal(await send('POST', `/v1/projects/${other}/restore`), {
      code: 'LIMIT_EXCEEDED',
    });
    expect(error.message).toMatch(/custom_domains is 3; there are 2 .* bring back 2/);
    expect((await send('GET', `/v1/projects/${other}`)).status).toBe(404);
    await send('DELETE', pathOf(surplus));
    expect((await send('POST', `/v1/projects/${other}/restore`)).status).toBe(200);
    expect(await living()).toBe(LIMIT);
  });
});

describe('a project takes its custom domains along', () => {
  const listed = async () =>
    (await send<CustomDomainList>('GET', `/v1/projects/${projectId}/domains`)).body.domains;
  const verify = async (domain: CustomDomain) => {
    const { txt_host, txt_value, cname_host, cname_target } = domain.dns_instructions;
    first.dns.set('TXT', txt_host, txt_value);
    first.dns.set('CNAME', cname_host, cname_target);
    return (await send<CustomDomainVerification>('POST', `${pathOf(domain)}/verify`)).body;
  };

  test('when it is deleted, and brings back those, unverified, as new versions', async () => {
    const { body: before } = await create();
    await send('DELETE', pathOf(before));
    const { body: taken } = await create();
    const { domain: verified } = await verify(taken);
    await send('DELETE', `/v1/projects/${projectId}`);
    for (const path of [pathOf(taken), `/v1/projects/${projectId}/domains`])
      expectRefusal(await send('GET', path), { code: 'NOT_FOUND' });
    for (const each of [taken, before])
      expect((await send('POST', `${pathOf(each)}/restore`)).status).toBe(409);
    api.clock.advance(1_000);
    await send('POST', `/v1/projects/${projectId}/restore`);
    const back = {
      ...verified,
      verified: false,
      verified_at: null,
      updated_at: api.clock.now().toISOString(),
    };
    expect(await listed()).toEqual([back]);
    expect((await send('GET', pathOf(taken))).headers.get('etag')).toBe('"4"');
    expect((await send('POST', `${pathOf(before)}/restore`)).status).toBe(200);
  });

  test('and the name is free meanwhile, and stays with whom it went to', async () => {
    const { body: ours } = await create();
    await verify(ours);
    await send('DELETE', `/v1/projects/${projectId}`);
    const { id: other } = await api.createProject(owner);
    const { body: theirs } = await api.send<CustomDomain>('POST', `/v1/projects/${other}/domains`, {
      as: owner,
      body: { domain: ours.domain },
    });
    expect((await verify(theirs)).verified).toBe(true);
    expect((await send('POST', `/v1/projects/${projectId}/restore`)).status).toBe(200);
    expect((await send<CustomDomain>('GET', pathOf(theirs))).body.verified).toBe(true);
    expect((await send<CustomDomain>('GET', pathOf(ours))).body.verified).toBe(false);
    expect(await auditOf(api, ours.id)).toHaveLength(2);
  });

  test('and leaves none of them alive that is added while it is deleted', async () => {
    const adding = Array.from({ length: 10 }, async () => await create());
    await Promise.all([send('DELETE', `/v1/projects/${projectId}`), ...adding]);
    expect(await living()).toBe(0);
  });
});
