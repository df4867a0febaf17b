import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildOpenApiDocument } from '../src/openapi.ts';
import { SECRET_FIELDS } from '../src/secrets.ts';

interface Found {
  readonly name: string;
  readonly schema: Record<string, unknown>;
  readonly path: string;
}

/** Every property of every schema in the document. */
function propertiesOf(node: unknown, path = ''): Found[] {
  if (typeof node !== 'object' || node === null) return [];
  const own = (node as { properties?: Record<string, Record<string, unknown>> }).properties ?? {};
  const found = Object.entries(own).map(([name, schema]) => ({ name, schema, path: `${path}/${name}` }));
  return [...found, ...Object.entries(node).flatMap(([key, value]) => propertiesOf(value, `${path}/${key}`))];
}

const document = async () =>
  parse(await readFile(new URL('../../../openapi.yaml', import.meta.url), 'utf8')) as Record<string, unknown>;

test('SECRET_FIELDS, by which logs are redacted, are exactly the properties marked as passwords', async () => {
  const marked = propertiesOf(await document()).filter(({ schema }) => schema['format'] === 'password');
  expect(marked.length).toBeGreaterThan(0);
  expect([...new Set(marked.map(({ name }) => name))].toSorted()).toEqual([...SECRET_FIELDS].toSorted());
});

/** The two answers that show a secret to someone who asked for it and may see it. */
const SHOWN = ['CreatedApiKey/api_key', 'RevealedDatabase/password'];
const isShown = (path: string) => SHOWN.some((shown) => path.replace(/\/allOf\/\d/, '').endsWith(shown));
const READ = { readOnly: true };
const WRITTEN = { writeOnly: true };

test('a property with the name of a secret is marked wherever it stands', async () => {
  const named = propertiesOf(await document()).filter(({ name }) =>
    (SECRET_FIELDS as readonly string[]).includes(name),
  );
  for (const { schema, path } of named)
    expect(schema, path).toMatchObject({ format: 'password', ...(isShown(path) ? READ : WRITTEN) });
});

/** Whether a password is wanted, true or false. */
const TELLS_OF_ONE = ['password_required'];

test('no property has a name that sounds like a secret without being marked as one', async () => {
  const SOUNDS = /pass(word|phrase)|secret|credential|private_key|api_key$|^token$/i;
  const unmarked = propertiesOf(await document()).filter(
    ({ name, schema }) =>
      SOUNDS.test(name) && schema['format'] !== 'password' && !TELLS_OF_ONE.includes(name),
  );
  expect(unmarked.map(({ path }) => path)).toEqual([]);
});

test('no answer of the contract has a secret in its schema but the two that are there to show one', () => {
  const { paths, components } = buildOpenApiDocument() as unknown as {
    paths: Record<string, Record<string, { responses: unknown }>>;
    components: { schemas: Record<string, unknown> };
  };
  const seen = new Set<string>();
  const reach = (node: unknown): Found[] => {
    const references = JSON.stringify(node).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
    const next = [...references].map(([, name]) => name ?? '').filter((name) => !seen.has(name));
    for (const name of next) seen.add(name);
    return [...propertiesOf(node), ...next.flatMap((name) => reach(components.schemas[name]))];
  };
  const answered = Object.values(paths).flatMap((path) =>
    Object.values(path).flatMap(({ responses }) => reach(responses)),
  );
  expect(answered.length).toBeGreaterThan(20);
  const secrets = answered.filter(({ name }) => (SECRET_FIELDS as readonly string[]).includes(name));
  expect(secrets.map(({ schema }) => schema)).toEqual(SHOWN.map(() => expect.objectContaining(READ)));
});
