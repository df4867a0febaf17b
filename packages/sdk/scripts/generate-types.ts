/**
 * Writes src/generated/schema.ts from openapi.yaml, or with --check fails when what stands there differs: types that
 * are not the contract's would let a request compile that the API refuses.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { parse } from 'yaml';

/** What is read here of the document; the rest is the generator's business. */
interface WithCodes {
  components: { schemas: { Error: { properties: { error: { properties: { code: { enum: string[] } } } } } } };
}

const source = new URL('../../../openapi.yaml', import.meta.url);
const target = new URL('../src/generated/schema.ts', import.meta.url);

const document = parse(await readFile(source, 'utf8')) as OpenAPI3 & WithCodes;
// A field that has a default may be left out of a request.
const nodes = await openapiTS(document, { defaultNonNullable: false, silent: true });
const codes = document.components.schemas.Error.properties.error.properties.code.enum;
const generated = [
  '// Generated from openapi.yaml by `pnpm generate`. Do not edit.\n',
  astToString(nodes),
  '/** The codes of the error envelope, for as long as the client runs. */\n',
  `export const ERROR_CODES = ${JSON.stringify(codes)} as const;\n`,
].join('');

if (process.argv.includes('--check')) {
  if ((await readFile(target, 'utf8').catch(() => '')) !== generated) {
    console.error('packages/sdk/src/generated/schema.ts is not what openapi.yaml says. Run `pnpm generate`.');
    process.exit(1);
  }
} else {
  await mkdir(new URL('.', target), { recursive: true });
  await writeFile(target, generated);
}
