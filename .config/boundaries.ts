// Holds the tree against the rules in boundary-rules.ts.
//
// A boundary check that sees nothing finds nothing, and is green: dependency-cruiser skips every .ts file without a
// word when the TypeScript beside it has no parser for it. So this one counts what it has seen.
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { options, ruleSet } from './boundary-rules.ts';

/** Well under what the tree holds, well over what a broken look at it would find. */
const MINIMUM_MODULES = 60;
const MINIMUM_IMPORTS_BETWEEN_PACKAGES = 20;

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const sources = globSync('{apps,packages}/*/{src,test,scripts}/**/*.ts');
const { modules, summary } = await look();
const problems = [...blindSpots(), ...summary.violations.map(describe)];

for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`boundaries: ${problems.length} found`);
  process.exitCode = 1;
} else {
  console.log(
    `boundaries: ${sources.length} source files, ${importsBetweenPackages()} imports between packages`,
  );
}

async function look(): Promise<ICruiseResult> {
  const { output } = await cruise(['apps', 'packages'], { ...options, validate: true, ruleSet });
  if (typeof output === 'string')
    throw new Error('dependency-cruiser answered with text instead of a result');
  return output;
}

function blindSpots(): string[] {
  const seen = new Set(modules.map((module) => module.source));
  const found = sources.filter((source) => !seen.has(source)).map((source) => `not looked at: ${source}`);
  if (sources.length < MINIMUM_MODULES) {
    found.push(
      `too few source files to mean anything: ${sources.length}, expected ${MINIMUM_MODULES} or more`,
    );
  }
  if (importsBetweenPackages() < MINIMUM_IMPORTS_BETWEEN_PACKAGES) {
    found.push(
      `too few imports between packages followed: ${importsBetweenPackages()}, ` +
        `expected ${MINIMUM_IMPORTS_BETWEEN_PACKAGES} or more`,
    );
  }
  return found;
}

function importsBetweenPackages(): number {
  return modules
    .flatMap((module) => module.dependencies)
    .filter(({ module, resolved }) => module.startsWith('@headgate/') && /^(apps|packages)\//.test(resolved))
    .length;
}

function describe({
  from,
  to,
  rule,
  comment,
  cycle,
}: ICruiseResult['summary']['violations'][number]): string {
  const path =
    cycle === undefined ? `${from} → ${to}` : [from, ...cycle.map((step) => step.name)].join(' → ');
  return `${rule.name}: ${path}${comment === undefined ? '' : `\n    ${comment}`}`;
}
