import { newId } from '@headgate/schema';
import { describe, expect, test } from 'vitest';
import { expectRefusal, rows, useProject } from './support.ts';

const { api, owner, projectId } = await useProject();
const create = async (body: unknown) =>
  await api.send('POST', `/v1/projects/${projectId}/domains`, { as: owner, body });

describe('what is refused of a request, with nothing written', () => {
  test.each<[what: string, body: unknown, field: string]>([
    ['no domain', {}, 'domain'],
    ['a number', { domain: 5 }, 'domain'],
    ['null', { domain: null }, 'domain'],
    ['a list', { domain: ['db.example.com'] }, 'domain'],
    ['nothing in it', { domain: '' }, 'domain'],
    ['254 characters', { domain: `${'a.'.repeat(125)}coms` }, 'domain'],
    ['a NUL', { domain: 'db\u0000.example.com' }, 'domain'],
    ['a line break', { domain: 'db.example.com\n' }, 'domain'],
    ['an unpaired surrogate', { domain: 'db\ud800.example.com' }, 'domain'],
    ['an address', { domain: '127.1' }, 'domain'],
    ['a public suffix', { domain: 'co.uk' }, 'domain'],
    ['a name under the proxy domain', { domain: 'x.proxy.example.com' }, 'domain'],
    ['a wildcard', { domain: '*.example.com' }, 'domain'],
    ['a field that it does not know', { domain: 'db.example.com', verified: true }, 'verified'],
    ['no object', [], 'body'],
  ])('%s', async (_what, body, field) => {
    expectRefusal(await create(body), { code: 'INVALID_INPUT', field });
    expect(await rows(api, 'select id from custom_domains where project_id = $1', [projectId])).toEqual([]);
    expect(
      await rows(api, `select id from audit_entries where project_id = $1 and action like 'customDomain%'`, [
        projectId,
      ]),
    ).toEqual([]);
  });

  test('a name that is refused in a project that is not there is a 404', async () => {
    const path = `/v1/projects/${newId('prj')}/domains`;
    expectRefusal(await api.send('POST', path, { as: owner, body: { domain: '127.1' } }), {
      code: 'NOT_FOUND',
    });
  });
});
