/** What Headgate does. Transports translate to and from these verbs and do nothing else. */
export { migrate, openStore, type Store } from '@headgate/db';
export { createVault, generateVaultKeys, parseVaultKeys, VaultError, type Vault } from '@headgate/vault';
export {
  systemClock,
  type Actor,
  type Clock,
  type Context,
  type Idempotency,
  type Organization,
  type Settings,
} from './context.ts';
export {
  HeadgateError,
  conflict,
  invalidInput,
  notFound,
  shorten,
  toHeadgateError,
  unavailable,
} from './errors.ts';
export type { Answer } from './mutate.ts';
export { isRole, type Role } from './policy.ts';
export type { IfMatch } from './precondition.ts';

export { createDatabase } from './databases/create-database.ts';
export { deleteDatabase } from './databases/delete-database.ts';
export { getDatabase } from './databases/get-database.ts';
export { listDatabases } from './databases/list-databases.ts';
export { restoreDatabase } from './databases/restore-database.ts';
export { updateDatabase } from './databases/update-database.ts';
export { createProject } from './projects/create-project.ts';
export { deleteProject } from './projects/delete-project.ts';
export { getProject } from './projects/get-project.ts';
export { listProjects } from './projects/list-projects.ts';
export { restoreProject } from './projects/restore-project.ts';
export { updateProject } from './projects/update-project.ts';
export { listRegions } from './regions/list-regions.ts';
export { purgeExpired, type Purged } from './upkeep/purge-expired.ts';
export { rotateSealingKey, type RotationProgress } from './upkeep/rotate-sealing-key.ts';
