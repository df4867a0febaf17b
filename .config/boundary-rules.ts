// Who may know whom. A room that reaches into another one's cupboards cannot be understood, tested or replaced by
// itself, and a handler that sees the database can forget to ask whether it may. `boundaries.ts` holds the tree
// against these rules.
import type { ICruiseOptions, IFlattenedRuleSet } from 'dependency-cruiser';

type Rule = NonNullable<IFlattenedRuleSet['forbidden']>[number];

const schema = 'packages/schema';
const db = 'packages/db';
const vault = 'packages/vault';
const upstream = 'packages/upstream';
const core = 'packages/core';
const testing = 'packages/testing';
const sdk = 'packages/sdk';

/** Each room, and the rooms whose code its own may import. Its tests may import `testing` and `sdk` besides. */
const rooms: Record<string, string[]> = {
  [schema]: [],
  [vault]: [],
  [upstream]: [],
  [db]: [schema],
  [core]: [schema, db, vault, upstream],
  [testing]: [schema, db],
  // A customer has the client without the house.
  [sdk]: [],
  'packages/bench': [testing, core, schema, upstream, sdk],
  'apps/api': [core, schema],
  'apps/identity': [core, schema],
};

function knowsOnly(room: string, folders: string, allowed: string[]): Rule {
  return {
    name: 'rooms',
    comment: `${room}/${folders} may import of ours: ${allowed.join(', ') || 'nothing'}`,
    severity: 'error',
    from: { path: `^${room}/(${folders})/` },
    to: { path: '^(apps|packages)/', pathNot: [room, ...allowed].map((other) => `^${other}/`) },
  };
}

function packagesNamed(...names: string[]): string {
  return `(^|node_modules/)(${names.join('|')})(/|$)`;
}

export const ruleSet: IFlattenedRuleSet = {
  forbidden: [
    ...Object.entries(rooms).flatMap(([room, allowed]) => [
      knowsOnly(room, 'src|scripts', allowed),
      knowsOnly(room, 'test', [...allowed, testing, sdk]),
    ]),
    {
      name: 'every-room-is-listed',
      comment: 'A new app or package gets its line in .config/boundary-rules.ts.',
      severity: 'error',
      from: { path: '^(apps|packages)/', pathNot: Object.keys(rooms).map((room) => `^${room}/`) },
      to: {},
    },
    {
      name: 'no-cycles',
      comment: 'Files that need each other are one file, or three.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-stands-alone',
      comment: 'What runs in production imports neither tests nor scripts.',
      severity: 'error',
      from: { path: '^(apps|packages)/[^/]+/src/' },
      to: { path: '^(apps|packages)/[^/]+/(test|scripts)/' },
    },
    {
      name: 'src-needs-no-dev-dependency',
      comment: 'What runs in production is a dependency, not a devDependency.',
      severity: 'error',
      // testing is for tests: what it needs runs nowhere else.
      from: { path: '^(apps|packages)/(?!testing/)[^/]+/src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'api-never-sees-the-database',
      comment: 'Handlers translate and nothing more.',
      severity: 'error',
      from: { path: '^apps/api/src/' },
      to: { path: packagesNamed('kysely', 'kysely-postgres-js', 'postgres', 'pg') },
    },
    {
      name: 'core-never-sees-http',
      comment: 'core raises errors and returns views; HTTP is made of them in one place, in apps/api.',
      severity: 'error',
      from: { path: '^packages/core/' },
      to: { path: packagesNamed('hono', '@hono/[^/]+') },
    },
    {
      name: 'schema-does-no-io',
      comment: 'The contract can be loaded anywhere.',
      severity: 'error',
      from: { path: '^packages/schema/src/' },
      to: {
        dependencyTypes: ['core'],
        path: '^(node:)?(fs|net|tls|http|https|http2|dgram|dns|child_process|cluster|worker_threads|process|os|readline|repl|inspector)(/|$)',
      },
    },
    {
      name: 'migrations-import-no-application-code',
      comment: 'A migration must do tomorrow what it did on the day it was written.',
      severity: 'error',
      from: { path: '^packages/db/src/migrations/' },
      to: { path: '^(apps|packages)/', pathNot: '^packages/db/src/migrations/' },
    },
    {
      name: 'every-import-leads-somewhere',
      comment:
        'An import that cannot be resolved would lead past every rule above. Is the dependency declared?',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
};

export const options: ICruiseOptions = {
  doNotFollow: { path: 'node_modules' },
  // Type-only imports count: knowing a room's types is knowing the room.
  tsPreCompilationDeps: true,
  combinedDependencies: true,
  enhancedResolveOptions: {
    exportsFields: ['exports'],
    conditionNames: ['types', 'import', 'node', 'default'],
    extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
  },
};
