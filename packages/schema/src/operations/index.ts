/** Every operation of the contract, by its operationId. */
export * from './create-database.ts';
export * from './create-project.ts';
export * from './delete-database.ts';
export * from './delete-project.ts';
export * from './get-database.ts';
export * from './get-health.ts';
export * from './get-liveness.ts';
export * from './get-project.ts';
export * from './get-readiness.ts';
export * from './list-databases.ts';
export * from './list-projects.ts';
export * from './list-regions.ts';
export * from './restore-database.ts';
export * from './restore-project.ts';
export * from './update-database.ts';
export * from './update-project.ts';
