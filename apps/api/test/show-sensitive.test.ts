import type { Database } from '@headgate/schema';
import { apiKeyInput, databaseInput, projectInput } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import { auditOf, expectRefusal, rows, useProject } from './support.ts';

const { api, owner, projectId } = await useProject();
type Revealed = Database & { readonly password?: string };

const PASSWORD = `\ufeffpa$$ "wörd" \\ ${crypto.randomUUID()}`;
const { id } = await api.createDatabase(owner, projectId, { password: PASSWORD });
const path = `/v1/projects/${projectId}/databases/${id}`;
const reveal = async (over: object = {}) =>
  await api.send<Revealed>('GET', `${path}?show_sensitive=true`, { as: owner, ...over });

describe('show_sensitive=true', () => {
  test('shows the password to the letter, in an answer that nobody keeps', async () => {
    const answer = await reveal();
    expect(answer.status).toBe(200);
    expect(answer.body.password).toBe(PASSWORD);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { password: _password, ...rest } = answer.body;
    expect((await api.send('GET', path, { as: owner })).body).toEqual(rest);
  });

  test('leaves an audit entry each time, which tells who saw it and not what', async () => {
    const before = await auditOf(api, id);
    const headers = { 'X-Request-Id': 'who-looked' };
    await reveal({ headers });
    await reveal({ headers });
    const entries = (await auditOf(api, id)).slice(before.length);
    const entry = { action: 'database.reveal', actor_id: owner.userId, request_id: 'who-looked' };
    expect(entries).toEqual([entry, entry].map((each) => ({ ...each, before: null, after: null })));
  });

  test('is never answered 304: who asks to see it is shown it, and it is written down', async () => {
    const { headers } = await api.send('GET', path, { as: owner });
    const before = await auditOf(api, id);
    const answer = await reveal({ headers: { 'If-None-Match': String(headers.get('etag')) } });
    expect(answer.body.password).toBe(PASSWORD);
    expect(await auditOf(api, id)).toHaveLength(before.length + 1);
  });

  test('shows the password that was set last', async () => {
    const database = await api.createDatabase(owner, projectId);
    const own = `/v1/projects/${projectId}/databases/${database.id}`;
    await api.send('PATCH', own, { as: owner, body: { password: 'the next one' } });
    const { body } = await api.send<Revealed>('GET', `${own}?show_sensitive=true`, { as: owner });
    expect(body.password).toBe('the next one');
  });

  test('shows a primary that is not configured yet without one', async () => {
    const blank = { host: '', port: 0, name: '', username: '' };
    const body = projectInput(owner.orgId, { database: blank });
    const created = await api.send<{ database: Database }>('POST', '/v1/projects', { as: owner, body });
    const { database } = created.body;
    const own = `/v1/projects/${database.project_id}/databases/${database.id}?show_sensitive=true`;
    const answer = await api.send<Revealed>('GET', own, { as: owner });
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty('password');
  });

  test('needs the role, also of whoever set the password, and leaves no entry when it is refused', async () => {
    const { member, viewer } = await api.createOrganization();
    const { id: own } = await api.createProject(member);
    const database = await api.createDatabase(member, own);
    for (const as of [{ ...viewer, orgId: member.orgId }, member]) {
      const answer = await api.send(
        'GET',
        `/v1/projects/${own}/databases/${database.id}?show_sensitive=true`,
        { as },
      );
      expectRefusal(answer, { code: 'FORBIDDEN' });
      expect(answer.text).not.toContain('password');
    }
    expect((await auditOf(api, database.id)).map(({ action }) => action)).toEqual(['database.create']);
  });

  test('is read by a key that holds secrets:read and by no other, and the entry names the key', async () => {
    const keyWith = async (scopes: readonly string[]) => {
      const answer = await api.send<{ id: string; api_key: string }>(
        'POST',
        `/v1/organizations/${owner.orgId}/api-keys`,
        {
          as: owner,
          body: { ...apiKeyInput(), scopes },
        },
      );
      return answer.body;
    };
    const holder = await keyWith(['secrets:read']);
    const other = await keyWith(['databases:read', 'databases:write']);
    expect((await reveal({ as: undefined, token: holder.api_key })).body.password).toBe(PASSWORD);
    expect(await auditOf(api, id)).toContainEqual(expect.objectContaining({ actor_id: holder.id }));
    expectRefusal(await reveal({ as: undefined, token: other.api_key }), { code: 'FORBIDDEN' });
  });
});

describe('a password stays where it is', () => {
  test.each(['', '?show_sensitive=false'])('with the query %j', async (query) => {
    const before = await auditOf(api, id);
    const answer = await api.send('GET', `${path}${query}`, { as: owner });
    expect(answer.body).not.toHaveProperty('password');
    expect(await auditOf(api, id)).toEqual(before);
  });

  test.each(['1', 'yes', 'TRUE', '', 'true&show_sensitive=false'])(
    'with show_sensitive=%s, which is refused',
    async (value) => {
      const answer = await api.send('GET', `${path}?show_sensitive=${value}`, { as: owner });
      expectRefusal(answer, { code: 'INVALID_INPUT', field: 'show_sensitive' });
    },
  );

  test('with a parameter that is not one, and in lists, which take none', async () => {
    expectRefusal(await api.send('GET', `${path}?show_sensitiv=true`, { as: owner }), {
      code: 'INVALID_INPUT',
    });
    const list = `/v1/projects/${projectId}/databases?show_sensitive=true`;
    expectRefusal(await api.send('GET', list, { as: owner }), { code: 'INVALID_INPUT' });
  });

  test('when it was moved from another row: nothing is shown, and the fault does not say what it holds', async () => {
    const victim = await api.createDatabase(owner, projectId, databaseInput());
    const sql = 'update databases set sealed_password = $1, sealing_key_id = $2 where id = $3 returning id';
    const [sealed] = await rows<{ sealed_password: string; sealing_key_id: string }>(
      api,
      'select sealed_password, sealing_key_id from databases where id = $1',
      [id],
    );
    await rows(api, sql, [sealed?.sealed_password, sealed?.sealing_key_id, victim.id]);
    const own = `/v1/projects/${projectId}/databases/${victim.id}?show_sensitive=true`;
    const answer = await api.send('GET', own, { as: owner });
    expectRefusal(answer, { code: 'INTERNAL_ERROR' });
    expect(answer.text).not.toContain(PASSWORD);
    expect((await auditOf(api, victim.id)).map(({ action }) => action)).toEqual(['database.create']);
  });

  test('out of every log line', () => {
    expect(api.logs()).not.toContain(PASSWORD);
    expect(api.logs()).not.toContain(JSON.stringify(PASSWORD).slice(1, -1));
  });
});
