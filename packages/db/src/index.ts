/** The metadata database: Kysely client, migrations, generated types, the tenant wall. */
export { insert, insertTogether, isInsert, prepare, query } from './builder.ts';
export { openCounter, type Counter } from './counter.ts';
export { classifyFailure, isTaken, type FailureKind } from './failures.ts';
export type * from './generated/database.ts';
export { migrate } from './migrate.ts';
export { openStore, type Store, type StoreOptions, type StoreState } from './store.ts';
export type { TenantTransaction, Tenants } from './tenant-wall.ts';
