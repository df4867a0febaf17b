import { newId, type Certificate, type Database, type Replica } from '@headgate/schema';
import { certificateInput, createAuthority, databaseInput, projectInput } from '@headgate/testing';
import { describe, expect, test } from 'vitest';
import { auditOf, expectRefusal, useProject } from './support.ts';

const { api, owner, projectId } = await useProject();
const DATABASES = `/v1/projects/${projectId}/databases`;

const send = async <B = Database>(method: string, path: string, body?: object) =>
  await api.send<B>(method, path, { as: owner, body });
const create = async (over: object) => await send('POST', DATABASES, { ...databaseInput(), ...over });
const certificates = (id = projectId) => `/v1/projects/${id}/certificates`;
const addCa = async (id = projectId) =>
  (await send<Certificate>('POST', certificates(id), await certificateInput())).body.id;
const addClient = async () => {
  const { certificate, key } = await (await createAuthority()).issue({ name: 'app' });
  const body = { name: 'app', kind: 'client', certificate, private_key: key };
  return (await send<Certificate>('POST', certificates(), body)).body.id;
};

describe('the certificates of a database', () => {
  test('are named by it, answered, changed and unset, each with its audit entry', async () => {
    const [ca, other, client] = await Promise.all([addCa(), addCa(), addClient()]);
    const { status, body } = await create({ ca_certificate_id: ca, client_certificate_id: client });
    expect(status).toBe(201);
    expect(body).toMatchObject({ ca_certificate_id: ca, client_certificate_id: client });
    const path = `${DATABASES}/${body.id}`;
    expect((await send('PATCH', path, { ca_certificate_id: other })).body).toMatchObject({
      ...{ ca_certificate_id: other, client_certificate_id: client },
    });
    const unset = await send('PATCH', path, { ca_certificate_id: '', client_certificate_id: '' });
    expect(unset.body).not.toHaveProperty('ca_certificate_id');
    expect(unset.body).not.toHaveProperty('client_certificate_id');
    const [, changed] = await auditOf(api, body.id);
    expect(changed).toMatchObject({ before: { ca_certificate_id: ca }, after: { ca_certificate_id: other } });
  });

  test('must be of the project, alive and of the right kind, in the same words whichever is not so', async () => {
    const foreign = await addCa((await api.createProject(owner)).id);
    const deleted = await addCa();
    await send('DELETE', `${certificates()}/${deleted}`);
    const messages = new Set<string>();
    for (const id of [foreign, deleted, newId('cert'), 'cert_x', await addClient()]) {
      messages.add(
        expectRefusal(await create({ ca_certificate_id: id }), {
          ...{ code: 'INVALID_INPUT', field: 'ca_certificate_id' },
        }).message,
      );
    }
    expect(messages.size).toBe(1);
    expectRefusal(await create({ client_certificate_id: await addCa() }), {
      ...{ code: 'INVALID_INPUT', field: 'client_certificate_id' },
    });
    const { body } = await create({});
    expectRefusal(await send('PATCH', `${DATABASES}/${body.id}`, { ca_certificate_id: foreign }), {
      ...{ code: 'INVALID_INPUT', field: 'ca_certificate_id' },
    });
  });

  test('cannot be named by the primary of a project that has none yet', async () => {
    const database = databaseInput({ ca_certificate_id: await addCa() });
    const answer = await send('POST', '/v1/projects', projectInput(owner.orgId, { database }));
    expectRefusal(answer, { code: 'INVALID_INPUT', field: 'database.ca_certificate_id' });
  });

  test('have no effect without TLS, which is told', async () => {
    const { body } = await create({ ca_certificate_id: await addCa(), ssl_mode: 'disable' });
    expect(body.warnings?.map(({ code }) => code)).toEqual(['certificate_unused']);
  });

  test('are not deleted while they are in use, also when both come at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const ca = await addCa();
      const [made, deleted] = await Promise.all([
        create({ ca_certificate_id: ca }),
        send('DELETE', `${certificates()}/${ca}`),
      ]);
      expect([
        [201, 409],
        [400, 204],
      ]).toContainEqual([made.status, deleted.status]);
    }
  });

  test('that were deleted meanwhile keep a database from being restored until they are too', async () => {
    const ca = await addCa();
    const path = `${DATABASES}/${(await create({ ca_certificate_id: ca })).body.id}`;
    await send('DELETE', path);
    expect((await send('DELETE', `${certificates()}/${ca}`)).status).toBe(204);
    const refusal = expectRefusal(await send('POST', `${path}/restore`), { code: 'CONFLICT' });
    expect(refusal.message).toContain(ca);
    await send('POST', `${certificates()}/${ca}/restore`);
    expect((await send('POST', `${path}/restore`)).body).toMatchObject({ ca_certificate_id: ca });
  });
});

describe('the certificates of a replica', () => {
  const newReplica = async (over: object) => {
    const path = `/v1/databases/${(await create({})).body.id}/replicas`;
    const body = { host: 'replica.example.com', port: 5432, ...over };
    return { path, ...(await send<Replica>('POST', path, body)) };
  };

  test('are its own: named, answered, changed and unset', async () => {
    const [ca, client] = await Promise.all([addCa(), addClient()]);
    const { path, body } = await newReplica({ ca_certificate_id: ca, client_certificate_id: client });
    expect(body).toMatchObject({ ca_certificate_id: ca, client_certificate_id: client });
    const unset = await send<Replica>('PATCH', `${path}/${body.id}`, { ca_certificate_id: '' });
    expect(unset.body).not.toHaveProperty('ca_certificate_id');
    expect(unset.body.client_certificate_id).toBe(client);
  });

  test('must be of the project', async () => {
    const foreign = await addCa((await api.createProject(owner)).id);
    expectRefusal(await newReplica({ ca_certificate_id: foreign }), {
      ...{ code: 'INVALID_INPUT', field: 'ca_certificate_id' },
    });
  });

  test('that were deleted meanwhile keep it from being restored', async () => {
    const ca = await addCa();
    const { path, body } = await newReplica({ ca_certificate_id: ca });
    await send('DELETE', `${path}/${body.id}`);
    expect((await send('DELETE', `${certificates()}/${ca}`)).status).toBe(204);
    expectRefusal(await send('POST', `${path}/${body.id}/restore`), { code: 'CONFLICT' });
  });
});
