/** Real PostgreSQL from npm, for the embedded mode and for tests. */
export { hasCluster, startEmbeddedPostgres, type EmbeddedPostgres } from './postgres.ts';
export { startTemporaryPostgres } from './temporary.ts';
