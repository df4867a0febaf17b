/** A real PostgreSQL of one's own, for programs that are not tests. */
export { startTemporaryPostgres, type TemporaryPostgres } from '@headgate/db/embedded';
