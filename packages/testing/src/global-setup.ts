import { startTemporaryPostgres } from '@headgate/db/embedded';
import { migrate } from '@headgate/db';
import type { TestProject } from 'vitest/node';
import { TEMPLATE_DATABASE } from './database.ts';

/** Starts one real PostgreSQL for the whole run, and migrates the template that each test file clones. */
// oxlint-disable-next-line import/no-default-export -- vitest asks for it
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTemporaryPostgres({ max_connections: '300' });
  await server.ensureDatabase(TEMPLATE_DATABASE);
  await migrate(server.url(TEMPLATE_DATABASE));
  project.provide('postgresUrl', server.url());
  project.provide('postgresFiles', server.clusterDir);
  return server.stop;
}
