/**
 * Writes policy-matrix.md from src/policy.ts, or with --check fails when it is stale: a change of who may do what is
 * to be seen as a change of a table.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { policyMatrix } from '../src/policy.ts';

const target = new URL('../policy-matrix.md', import.meta.url);
if (!process.argv.includes('--check')) {
  await writeFile(target, policyMatrix());
} else if ((await readFile(target, 'utf8').catch(() => '')) !== policyMatrix()) {
  console.error(
    'packages/core/policy-matrix.md is not what src/policy.ts says. Run `pnpm generate` and commit it.',
  );
  process.exitCode = 1;
}
