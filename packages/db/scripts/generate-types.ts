/**
 * Writes src/generated/database.ts from a freshly migrated PostgreSQL, or with --check fails when what stands there
 * differs: types that are not the schema's would let a wrong query compile.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  ACTOR_KINDS,
  CERTIFICATE_KINDS,
  CLOUDS,
  DATABASE_ROLES,
  POOL_MODES,
  PROJECT_STATUSES,
  PROVIDERS,
  QUERY_TYPES,
  RESOURCE_KINDS,
  ROLES,
  SCOPES,
  SLOT_STATUSES,
  SSL_MODES,
} from '@headgate/schema';
import { startTemporaryPostgres } from '../src/embedded/temporary.ts';
import { migrate } from '../src/migrate.ts';

const run = promisify(execFile);
const union = (values: readonly string[]) => values.map((value) => JSON.stringify(value)).join(' | ');

/** Counts that fit a number of ours: the store reads bigint as one. */
const BIGINT = 'number';

/** Columns whose CHECK constraint names the values of the contract. */
const columns = {
  'databases.ssl_mode': union(SSL_MODES),
  'databases.role': `${union(DATABASE_ROLES)} | null`,
  'databases.pool_mode': union(POOL_MODES),
  'projects.cloud': union(CLOUDS),
  'projects.status': union(PROJECT_STATUSES),
  'databases.provider': `${union(PROVIDERS)} | null`,
  'replicas.ssl_mode': union(SSL_MODES),
  'certificates.kind': union(CERTIFICATE_KINDS),
  'replication_slots.status': union(SLOT_STATUSES),
  'replication_slots.primary_ssl_mode': `${union(SSL_MODES)} | null`,
  'cache_rules.query_type': union(QUERY_TYPES),
  'cache_rules.call_count': `Generated<${BIGINT}>`,
  'cache_rules.avg_response_bytes': `Generated<${BIGINT}>`,
  'audit_entries.actor_kind': union(ACTOR_KINDS),
  'audit_entries.resource_kind': union(RESOURCE_KINDS),
  'audit_entries.position': `${BIGINT} | null`,
  'audit_chains.length': BIGINT,
  'members.role': `${union(ROLES)} | null`,
  'api_keys.scopes': `(${union(SCOPES)})[]`,
};
const target = new URL('../src/generated/database.ts', import.meta.url);
const outputDir = await mkdtemp(join(tmpdir(), 'headgate-types-'));
const server = await startTemporaryPostgres();
try {
  await migrate(server.url());
  const output = join(outputDir, 'database.ts');
  await run('kysely-codegen', [
    ...['--dialect', 'postgres', '--url', server.url(), '--default-schema', 'headgate', '--out-file', output],
    ...[
      '--include-pattern',
      'headgate.*',
      '--exclude-pattern',
      'headgate.migrations*',
      '--type-only-imports',
    ],
    ...['--overrides', JSON.stringify({ columns })],
  ]);
  const generated = await readFile(output, 'utf8');
  if (process.argv.includes('--check')) {
    if ((await readFile(target, 'utf8').catch(() => '')) !== generated) {
      console.error(
        'packages/db/src/generated/database.ts is not what the migrations make. Run `pnpm generate`.',
      );
      process.exitCode = 1;
    }
  } else {
    await mkdir(new URL('.', target), { recursive: true });
    await writeFile(target, generated);
  }
} finally {
  await server.stop();
  await rm(outputDir, { recursive: true, force: true });
}
