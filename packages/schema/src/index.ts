/** The contract: resources, operations, errors, ids and limits. Imports nothing of ours and does no I/O. */
export * from './envelope.ts';
export * from './error-codes.ts';
export * from './ids.ts';
export * from './limits.ts';
export { API_VERSION } from './openapi.ts';
export { IdempotencyKey, type PageQuery } from './parameters.ts';
export * from './resources/cache-config.ts';
export * from './resources/database.ts';
export * from './resources/health.ts';
export * from './resources/pool-config.ts';
export * from './resources/project.ts';
export * from './resources/region.ts';
export { SECRET_FIELDS, SECRET_HEADERS } from './secrets.ts';
