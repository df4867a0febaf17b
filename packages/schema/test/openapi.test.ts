import { expect, test } from 'vitest';
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
