import type { Certificate, Database, Replica } from '@headgate/schema';
import { certificateInput, createAuthority } from '@headgate/testing';
import postgres from 'postgres';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { expectRefusal, useApi } from './support.ts';

const { api, owner } = await useApi();
const sql = postgres(api.databaseUrl, {
  max: 2,
  onnotice: () => {},
  connection: { search_path: 'headgate' },
});
afterAll(async () => await sql.end());

let projectId: string;
let database: Database;
let ca: Certificate;
beforeEach(async () => {
  ({ id: projectId } = await api.createProject(owner));
  database = await api.createDatabase(owner, projectId);
  ca = await add(await certificateInput());
});

const send = async <B>(method: string, path: string, body?: unknown) =>
  await api.send<B>(method, path, { as: owner, body });
const add = async (body: object) =>
  (await send<Certificate>('POST', `/v1/projects/${projectId}/certificates`, body)).body;
const pathOf = ({ id }: { id: string }) => `/v1/projects/${projectId}/certificates/${id}`;
const databasePath = ({ id }: Database) => `/v1/projects/${projectId}/databases/${id}`;
const change = async (of: Database, body: object) => await send<Database>('PATCH', databasePath(of), body);
/** What names a certificate believes others than before: the password is given again. */
const naming = (over: object) => ({ password: 'p', ...over });
const replicaInput = { host: 'db.example.com', port: 5432 };

describe('a certificate that is named', () => {
  test('by a database as its authority is not deleted, and the refusal says by which', async () => {
    expect((await change(database, naming({ ca_certificate_id: ca.id }))).status).toBe(200);
    const error = expectRefusal(await send('DELETE', pathOf(ca)), { code: 'CONFLICT' });
    expect(error.message).toContain(database.id);
    expect((await send('GET', pathOf(ca))).status).toBe(200);
    await change(database, naming({ ca_certificate_id: '' }));
    expect((await send('DELETE', pathOf(ca))).status).toBe(204);
  });

  test('by a database as what it shows is not deleted either', async () => {
    const { certificate, key } = await (await createAuthority()).issue({ name: 'app' });
    const client = await add({ name: 'app', kind: 'client', certificate, private_key: key });
    expect((await change(database, naming({ client_certificate_id: client.id }))).status).toBe(200);
    expectRefusal(await send('DELETE', pathOf(client)), { code: 'CONFLICT' });
  });

  test('by a replica is not deleted until the replica is, or its database; what comes back then says what is missing', async () => {
    const path = `/v1/databases/${database.id}/replicas`;
    const made = await send<Replica>('POST', path, { ...replicaInput, ca_certificate_id: ca.id });
    expect(made.status, made.text).toBe(201);
    const error = expectRefusal(await send('DELETE', pathOf(ca)), { code: 'CONFLICT' });
    expect(error.message).toContain(made.body.id);
    await send('DELETE', databasePath(database));
    expect((await send('DELETE', pathOf(ca))).status).toBe(204);
    // The replica comes back with its database, and is not reached as if it had never named one.
    await send('POST', `${databasePath(database)}/restore`);
    const tested = await send('POST', `${path}/${made.body.id}/test-connection`);
    expect(expectRefusal(tested, { code: 'CONFLICT' }).message).toContain(ca.id);
  });

  test('by seven is said to be in use by five of them and others', async () => {
    const databases = [database];
    while (databases.length < 7) databases.push(await api.createDatabase(owner, projectId));
    for (const each of databases) await change(each, naming({ ca_certificate_id: ca.id }));
    const { message } = expectRefusal(await send('DELETE', pathOf(ca)), { code: 'CONFLICT' });
    expect(message.match(/db_/g)).toHaveLength(5);
    expect(message).toContain('and others');
  });

  test('by a deleted database is deleted, and the database comes back only with it', async () => {
    await change(database, naming({ ca_certificate_id: ca.id }));
    await send('DELETE', databasePath(database));
    expect((await send('DELETE', pathOf(ca))).status).toBe(204);
    const error = expectRefusal(await send('POST', `${databasePath(database)}/restore`), {
      code: 'CONFLICT',
    });
    expect(error.message).toContain(ca.id);
    await send('POST', `${pathOf(ca)}/restore`);
    expect((await send('POST', `${databasePath(database)}/restore`)).status).toBe(200);
  });
});

describe('a certificate that is being named', () => {
  test('keeps its deletion waiting, which is then refused', async () => {
    let deleting: ReturnType<typeof send> | undefined;
    await sql.begin(async (tx) => {
      await tx`select from certificates where id = ${ca.id} for key share`;
      await tx`update databases set ca_certificate_id = ${ca.id} where id = ${database.id}`;
      deleting = send('DELETE', pathOf(ca));
      const waiting = async () => (await sql`select from pg_locks where not granted`).length;
      await expect.poll(waiting, { timeout: 3_000 }).toBeGreaterThan(0);
    });
    expectRefusal((await deleting)!, { code: 'CONFLICT' });
  });

  test('and deleted at once ends with one of both, whichever was first', async () => {
    for (let round = 0; round < 10; round += 1) {
      const certificate = await add(await certificateInput());
      const [named, deleted] = await Promise.all([
        change(database, naming({ ca_certificate_id: certificate.id })),
        send('DELETE', pathOf(certificate)),
      ]);
      expect([named.status, deleted.status], named.text + deleted.text).toBeOneOf([
        [200, 409],
        [400, 204],
      ]);
    }
  });
});
