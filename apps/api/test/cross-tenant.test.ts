import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS } from './contract.ts';
import { startTestApi, type TestApi } from './harness.ts';
import { createResources, missingIds, sampleRequest, type SampleIds } from './requests.ts';

/** Operations that name no resource of a tenant, each with the reason. */
const WITHOUT_TENANT: Record<string, string> = {
  getHealth: 'tells of the service',
  getLiveness: 'tells of the service',
  getReadiness: 'tells of the service',
  listRegions: 'the same for everyone',
  listOrganizations: 'tells what the own token says, and names nothing',
};

const tenantOperations = OPERATIONS.map(({ operationId }) => operationId).filter(
  (id) => !(id in WITHOUT_TENANT),
);
const missing = missingIds();

let api: TestApi;
let victim: SampleIds;
let intruder: Awaited<ReturnType<TestApi['createOrganization']>>;
let own: SampleIds;

beforeAll(async () => {
  api = await startTestApi();
  const other = await api.createOrganization();
  intruder = await api.createOrganization();
  victim = await createResources(api, other.owner);
  own = await createResources(api, intruder.owner);
});
afterAll(async () => await api.close());

/** The whole answer, byte for byte, but for the time of day and how many more requests may follow. */
async function answerTo(operationId: string, ids: SampleIds, headers: Record<string, string> = {}) {
  const { method, path, body } = sampleRequest(operationId, ids);
  const options = { as: intruder.owner, body, headers: { 'X-Request-Id': 'same', ...headers } };
  const { status, headers: received, text } = await api.send(method, path, options);
  const kept = [...received].filter(([name]) => name !== 'date' && name !== 'ratelimit');
  return { status, headers: kept, text };
}

describe.each(tenantOperations)('%s', (operationId) => {
  test("another tenant's ids are answered as missing ones, byte for byte", async () => {
    const foreign = await answerTo(operationId, victim);
    expect(foreign).toEqual(await answerTo(operationId, missing));
    expect([403, 404]).toContain(foreign.status);
    expect(foreign.text).not.toContain(victim.projectId);
  });

  test('the same with a precondition and an idempotency key', async () => {
    const conditions = () => ({
      'If-Match': '"1"',
      'If-None-Match': '"1"',
      'Idempotency-Key': crypto.randomUUID(),
    });
    expect(await answerTo(operationId, victim, conditions())).toEqual(
      await answerTo(operationId, missing, conditions()),
    );
  });
});

describe.each([
  'getDatabase',
  'updateDatabase',
  'deleteDatabase',
  'restoreDatabase',
  'rotateDatabaseCredentials',
  'undoDatabaseCredentialsRotation',
  'introspectDatabase',
  'getDatabaseSchema',
  'diffDatabaseSchema',
  'listSchemaSnapshots',
  'getSchemaCatalog',
  'listCacheRules',
  'createCacheRule',
  'updateCacheRule',
  'deleteCacheRule',
])('%s', (operationId) => {
  test("another tenant's database under one's own project is answered as a missing one", async () => {
    const foreign = await answerTo(operationId, { ...own, databaseId: victim.databaseId });
    expect(foreign).toEqual(await answerTo(operationId, { ...own, databaseId: missing.databaseId }));
    expect(foreign.status).toBe(404);
  });

  test("one's own database under another tenant's project is answered as a missing one", async () => {
    const foreign = await answerTo(operationId, { ...own, projectId: victim.projectId });
    expect(foreign).toEqual(await answerTo(operationId, { ...own, projectId: missing.projectId }));
    expect(foreign.status).toBe(404);
  });
});

describe.each(['getCustomDomain', 'verifyCustomDomain', 'deleteCustomDomain', 'restoreCustomDomain'])(
  '%s',
  (operationId) => {
    test("another tenant's domain under one's own project is answered as a missing one", async () => {
      const foreign = await answerTo(operationId, { ...own, domainId: victim.domainId });
      expect(foreign).toEqual(await answerTo(operationId, { ...own, domainId: missing.domainId }));
      expect(foreign.status).toBe(404);
    });

    test("one's own domain under another tenant's project is answered as a missing one", async () => {
      const foreign = await answerTo(operationId, { ...own, projectId: victim.projectId });
      expect(foreign).toEqual(await answerTo(operationId, { ...own, projectId: missing.projectId }));
      expect(foreign.status).toBe(404);
    });
  },
);

describe.each([
  'getReplicationSlot',
  'updateReplicationSlot',
  'deleteReplicationSlot',
  'restoreReplicationSlot',
])('%s', (operationId) => {
  test.each(['slotId', 'databaseId', 'projectId'] as const)(
    "another tenant's %s among one's own ids is answered as a missing one",
    async (id) => {
      const foreign = await answerTo(operationId, { ...own, [id]: victim[id] });
      expect(foreign).toEqual(await answerTo(operationId, { ...own, [id]: missing[id] }));
      expect(foreign.status).toBe(404);
    },
  );
});

describe.each(['getDatabaseSchema', 'diffDatabaseSchema'])('%s', (operationId) => {
  test.each(['snapshotId', 'databaseId', 'projectId'] as const)(
    "another tenant's %s among one's own ids is answered as a missing one",
    async (id) => {
      const foreign = await answerTo(operationId, { ...own, [id]: victim[id] });
      expect(foreign).toEqual(await answerTo(operationId, { ...own, [id]: missing[id] }));
      expect(foreign.status).toBe(404);
    },
  );
});

test('after all of this the resources of the other tenant are as they were', async () => {
  const rows = await api.store.read([victim.orgId], {
    compile: () => ({ sql: 'select version, deleted_at from databases', parameters: [] }) as never,
  });
  expect(rows).toEqual([{ version: 1, deleted_at: null }]);
});

test('an exception above is an operation that exists', () => {
  const known = OPERATIONS.map(({ operationId }) => operationId);
  expect(known).toEqual(expect.arrayContaining(Object.keys(WITHOUT_TENANT)));
});
