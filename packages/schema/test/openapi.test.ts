import { describe, expect, test } from 'vitest';
import { buildOpenApiDocument } from '../src/openapi.ts';
import * as operations from '../src/operations/index.ts';

test('the document holds every operation that is exported, and each under its own name', () => {
  const exported = Object.entries(operations).filter(([, entry]) => 'operationId' in entry);
  const { paths = {} } = buildOpenApiDocument();
  const documented = Object.values(paths)
    .flatMap((item) => Object.values(item) as { operationId: string }[])
    .map(({ operationId }) => operationId);
  expect(documented.toSorted()).toEqual(exported.map(([name]) => name).toSorted());
});

describe('a text that has to be of several forms is described by the narrowest:', () => {
  const { components = {}, paths = {} } = buildOpenApiDocument();
  const schemas = components.schemas as unknown as Record<string, { properties: Record<string, Described> }>;
  const parameters = (paths['/v1/projects']?.get?.parameters ?? []) as { name: string; schema: Described }[];
  const pageToken = parameters.find(({ name }) => name === 'page_token')?.schema;
  const slot = schemas['CreateReplicationSlotRequest']?.properties;

  test.each([
    ['the token of a page', pageToken, 'abc-_.', 'a b'],
    ['the name of a slot', slot?.['slot_name'], 'headgate_1', 'Headgate'],
    ['a table', slot?.['tables']?.items, 'public."Or""ders"', 'orders'],
    ['a table, without control characters', slot?.['tables']?.items, 'é.b', 'public."a\u0000"'],
    ['a host', schemas['CreateReplicaRequest']?.properties['host'], '2001:db8::5', 'https://db.example.com'],
    [
      'a time',
      schemas['CreateApiKeyRequest']?.properties['expires_at'],
      '2027-11-21T08:30:00Z',
      '2027-11-21 08:30',
    ],
  ])('%s', (_what, described, allowed, refused) => {
    const pattern = new RegExp(described?.pattern ?? '', 'u');
    expect([pattern.test(allowed), pattern.test(refused)]).toEqual([true, false]);
  });
});

test.each([
  'DatabaseDescription',
  'CreateDatabaseRequest',
  'UpdateDatabaseRequest',
  'TestDatabaseConnectionRequest',
])('%s says that a connection is given by its URI or by its parts', (name) => {
  const schema = buildOpenApiDocument().components?.schemas?.[name] as { not?: object };
  expect(schema.not).toMatchObject({ required: ['url'] });
});

interface Described {
  readonly pattern?: string;
  readonly items?: Described;
}
