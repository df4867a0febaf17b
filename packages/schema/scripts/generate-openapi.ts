/**
 * Writes openapi.yaml at the top of the repository, or with --check fails when what stands there is not what the
 * operations say. The committed document is what clients are generated from, so a change of the contract is a diff.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { buildOpenApiDocument } from '../src/openapi.ts';

const target = new URL('../../../openapi.yaml', import.meta.url);
const generated =
  '# Generated from packages/schema by `pnpm generate`. Do not edit.\n' +
  stringify(JSON.parse(JSON.stringify(buildOpenApiDocument())), {
    lineWidth: 120,
    aliasDuplicateObjects: false,
  });

if (process.argv.includes('--check')) {
  const committed = await readFile(target, 'utf8').catch(() => '');
  if (committed !== generated) {
    console.error('openapi.yaml is not what packages/schema says. Run `pnpm generate` and commit it.');
    process.exit(1);
  }
} else {
  await writeFile(target, generated);
}
