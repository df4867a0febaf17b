/** Real PostgreSQL from npm, for the embedded mode and for tests. */
export { endWithUs } from './guard.ts';
export {
  hasCluster,
  startEmbeddedPostgres,
  type Cluster,
  type ClusterOrigin,
  type EmbeddedPostgres,
} from './postgres.ts';
export { placeForServer, runAsServer, type ServerUser } from './server-user.ts';
export { startTemporaryPostgres, type TemporaryPostgres } from './temporary.ts';
