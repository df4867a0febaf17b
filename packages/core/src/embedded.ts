/** Real PostgreSQL from npm, for the embedded mode of the apps. */
export { hasCluster, startEmbeddedPostgres, type EmbeddedPostgres } from '@headgate/db/embedded';
